//! The bodies that clients send: which attributes a kind of resource has, and what each value must be.

use std::net::Ipv4Addr;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{bad_request, invalid_input};
use crate::call::{Call, Refusal};

/// Characters of a name or a description.
const TEXT_MAX: usize = 255;

/// A kind of resource: its names, and who may say what about it.
pub(super) struct Kind {
    /// In bodies: "security_group".
    pub(super) one: &'static str,
    /// "security_groups"
    pub(super) many: &'static str,
    /// What may be said at its creation.
    pub(super) given: &'static [&'static str],
    /// What may be said later.
    pub(super) changed: &'static [&'static str],
    /// What Neutron alone says.
    pub(super) shown: &'static [&'static str],
    /// What lists cannot be filtered by, beside the times.
    pub(super) unfiltered: &'static [&'static str],
}

impl Kind {
    pub(super) fn filters_by(&self, name: &str) -> bool {
        let time = matches!(name, "created_at" | "updated_at");
        self.knows(name) && !time && !self.unfiltered.contains(&name)
    }

    fn knows(&self, name: &str) -> bool {
        [self.given, self.changed, self.shown].iter().any(|names| names.contains(&name))
    }
}

/// What a body says about one resource.
pub(super) struct Attributes(Map<String, Value>);

impl Attributes {
    pub(super) fn of(call: &Call, kind: &Kind) -> Result<Self, Refusal> {
        let body = call.json().unwrap_or_default();
        let object = body.get(kind.one).and_then(Value::as_object).cloned();
        let missing = || bad_request(format!("Unable to find '{}' in request body", kind.one));
        Self::checked(object.ok_or_else(missing)?, kind, call.method == "POST")
    }

    /// With nothing in it but what may be said.
    pub(super) fn checked(object: Map<String, Value>, kind: &Kind, making: bool) -> Result<Self, Refusal> {
        let allowed = if making { kind.given } else { kind.changed };
        let Some(name) = object.keys().find(|name| !allowed.contains(&name.as_str())) else {
            return Ok(Self(object));
        };
        Err(bad_request(match (kind.knows(name), making) {
            (false, _) => format!("Unrecognized attribute(s) '{name}'"),
            (true, true) => format!("Attribute '{name}' not allowed in POST"),
            (true, false) => format!("Cannot update read-only attribute {name}"),
        }))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn required(&self, name: &str) -> Result<&Value, Refusal> {
        self.get(name).ok_or_else(|| {
            bad_request(format!("Failed to parse request. Required attribute '{name}' not specified"))
        })
    }

    /// `null` is no text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong(name, &format!("'{value}' is not a valid string.")))?;
        if text.chars().count() > TEXT_MAX {
            return Err(wrong(name, &format!("'{text}' exceeds maximum length of {TEXT_MAX}.")));
        }
        Ok(Some(text))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(invalid_input(&format!("{} cannot be converted to boolean", quoted(value)))),
        }
    }

    /// An id that must be there.
    pub(super) fn id(&self, name: &str) -> Result<&str, Refusal> {
        uuid(name, self.required(name)?)
    }

    /// An address; `Some(None)` where it says that there is to be none.
    pub(super) fn address(&self, name: &str) -> Result<Option<Option<Ipv4Addr>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => Ok(Some(Some(address(name, value)?))),
        }
    }
}

pub(super) fn uuid<'a>(name: &str, value: &'a Value) -> Result<&'a str, Refusal> {
    let id = value.as_str().filter(|id| Uuid::parse_str(id).is_ok());
    id.ok_or_else(|| wrong(name, &format!("{} is not a valid UUID.", quoted(value))))
}

pub(super) fn address(name: &str, value: &Value) -> Result<Ipv4Addr, Refusal> {
    let address = value.as_str().and_then(|text| text.parse().ok());
    address.ok_or_else(|| wrong(name, &format!("{} is not a valid IP address.", quoted(value))))
}

/// 400 for the value of one attribute.
pub(super) fn wrong(name: &str, why: &str) -> Refusal {
    bad_request(format!("Invalid input for {name}. Reason: {why}"))
}

/// As Neutron writes values in sentences.
pub(super) fn quoted(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("'{value}'"), |text| format!("'{text}'"))
}
