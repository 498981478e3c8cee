//! What the body of a server's creation must look like, before anything is looked up.

use serde_json::{Map, Value};

use super::body_object;
use crate::call::{Call, Refusal};

/// Characters of a server's name, and of a tag.
const NAME_MAX: usize = 255;
const TAG_MAX: usize = 60;
/// Tags on one server.
const TAGS_MAX: usize = 50;

/// The properties of a server to make and the microversion that brought each.
const PROPERTIES: [(&str, u16); 22] = [
    ("name", 1),
    ("imageRef", 1),
    ("flavorRef", 1),
    ("networks", 1),
    ("block_device_mapping_v2", 1),
    ("metadata", 1),
    ("security_groups", 1),
    ("availability_zone", 1),
    ("adminPass", 1),
    ("accessIPv4", 1),
    ("accessIPv6", 1),
    ("config_drive", 1),
    ("key_name", 1),
    ("user_data", 1),
    ("min_count", 1),
    ("max_count", 1),
    ("OS-DCF:diskConfig", 1),
    ("description", 19),
    ("tags", 52),
    ("host", 74),
    ("hypervisor_hostname", 74),
    ("hostname", 90),
];
/// From here on `networks` must be there, and may be "auto" or "none".
const NETWORKS_REQUIRED: u16 = 37;

/// The server's object of the body, its shape checked; 400 with Nova's sentence otherwise.
pub(super) fn server(call: &Call, minor: u16) -> Result<Map<String, Value>, Refusal> {
    let body = body_object(call, "server")?;
    let Value::Object(server) = body.clone() else { return Err(required("server", &body, "server")) };
    let known = |name: &str| PROPERTIES.iter().any(|(property, since)| *property == name && *since <= minor);
    if let Some(name) = server.keys().find(|name| !known(name)) {
        let why = format!("Additional properties are not allowed ('{name}' was unexpected)");
        return Err(invalid("server", &body, &why));
    }
    let must = ["name", "flavorRef"].into_iter().chain((minor >= NETWORKS_REQUIRED).then_some("networks"));
    if let Some(name) = must.into_iter().find(|name| !server.contains_key(*name)) {
        return Err(required("server", &body, name));
    }
    name(&server["name"])?;
    networks(server.get("networks"), minor)?;
    image(server.get("imageRef"))?;
    tags(server.get("tags"))?;
    disks(server.get("block_device_mapping_v2"))?;
    Ok(server)
}

/// 400: `Value` is shown without quotes where it is a text.
pub(super) fn invalid(name: &str, value: &Value, why: &str) -> Refusal {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Refusal::bad_request(format!("Invalid input for field/attribute {name}. Value: {value}. {why}"))
}

/// 400: something must be there.
pub(super) fn required(object: &str, value: &Value, name: &str) -> Refusal {
    invalid(object, value, &format!("'{name}' is a required property"))
}

fn name(value: &Value) -> Result<(), Refusal> {
    match value.as_str() {
        None => Err(invalid("name", value, &format!("{value} is not of type 'string'"))),
        Some("") => Err(invalid("name", value, "'' should be non-empty")),
        Some(name) if name.chars().count() > NAME_MAX => {
            Err(invalid("name", value, &format!("'{name}' is too long")))
        }
        Some(name) if name.trim() != name || name.chars().any(char::is_control) => {
            Err(invalid("name", value, &format!("'{name}' does not match")))
        }
        Some(_) => Ok(()),
    }
}

fn networks(value: Option<&Value>, minor: u16) -> Result<(), Refusal> {
    match value {
        None => Ok(()),
        Some(Value::String(word))
            if minor >= NETWORKS_REQUIRED && matches!(word.as_str(), "auto" | "none") =>
        {
            Ok(())
        }
        Some(Value::Array(networks)) if networks.iter().all(Value::is_object) => Ok(()),
        Some(value) if minor >= NETWORKS_REQUIRED => {
            Err(invalid("networks", value, &format!("{value} is not valid under any of the given schemas")))
        }
        Some(value) => Err(invalid("networks", value, &format!("{value} is not of type 'array'"))),
    }
}

fn image(value: Option<&Value>) -> Result<(), Refusal> {
    let Some(value) = value else { return Ok(()) };
    let valid = value.as_str().is_some_and(|id| id.is_empty() || uuid::Uuid::parse_str(id).is_ok());
    if valid {
        return Ok(());
    }
    Err(invalid("imageRef", value, &format!("{value} is not valid under any of the given schemas")))
}

fn tags(value: Option<&Value>) -> Result<(), Refusal> {
    let Some(value) = value else { return Ok(()) };
    let tags = value.as_array().filter(|tags| tags.len() <= TAGS_MAX);
    let tags = tags.ok_or_else(|| invalid("tags", value, &format!("{value} is too long")))?;
    let length = |tag: &Value| tag.as_str().map_or(usize::MAX, |tag| tag.chars().count());
    match tags.iter().enumerate().find(|(_, tag)| length(tag) > TAG_MAX) {
        None => Ok(()),
        Some((at, tag)) => Err(invalid(&at.to_string(), tag, &format!("{tag} is too long"))),
    }
}

fn disks(value: Option<&Value>) -> Result<(), Refusal> {
    let disks = value.and_then(Value::as_array).into_iter().flatten();
    for disk in disks {
        let Some(size) = disk.get("volume_size") else { continue };
        let number = size.as_i64().or_else(|| size.as_str().and_then(|text| text.parse().ok()));
        match number {
            None => return Err(invalid("volume_size", size, &format!("{size} does not match '^[0-9]+$'"))),
            Some(number) if number < 1 => {
                return Err(invalid("volume_size", size, &format!("{number} is less than the minimum of 1")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
