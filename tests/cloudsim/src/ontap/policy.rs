//! Export policies: which addresses may mount the volumes that name one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::records::Kind;
use super::{Array, DUPLICATE, body, invalid, no_api, no_entry, text};
use crate::call::{Call, Outcome, Refusal};

/// The SVM's own, which it always has.
const DEFAULT: &str = "default";
/// ONTAP counts policies from there.
const FIRST_ID: u64 = 12_884_901_889;
const NAME_MAX: usize = 256;

const KIND: Kind = Kind {
    path: "/api/protocols/nfs/export-policies",
    key: "id",
    listed: &["id", "name"],
    shown: &["id", "name", "svm"],
    costly: &["rules"],
};

pub(super) struct Policy {
    pub(super) id: u64,
    pub(super) name: String,
    rules: Vec<Value>,
}

impl Policy {
    pub(super) fn first() -> BTreeMap<u64, Self> {
        [(FIRST_ID, Self { id: FIRST_ID, name: DEFAULT.to_owned(), rules: Vec::new() })].into()
    }

    pub(super) fn is_default(&self) -> bool {
        self.name == DEFAULT
    }
}

impl Array {
    /// The policy of that name.
    pub(super) fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.values().find(|policy| policy.name == name)
    }

    fn policy_view(&self, policy: &Policy) -> Value {
        json!({"id": policy.id, "name": policy.name, "svm": self.svm.view(), "rules": policy.rules})
    }
}

pub(super) fn route(array: &mut Array, call: &Call, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let views: Vec<Value> = array.policies.values().map(|policy| array.policy_view(policy)).collect();
            KIND.list(call, &views)
        }
        ("POST", []) => create(array, call),
        ("GET", [id]) => {
            let view = array.policy_view(find(array, id)?);
            KIND.one(call, &view)
        }
        ("DELETE", [id]) => delete(array, id),
        _ => Err(no_api()),
    }
}

fn find<'a>(array: &'a Array, id: &str) -> Result<&'a Policy, Refusal> {
    id.parse().ok().and_then(|id: u64| array.policies.get(&id)).ok_or_else(no_entry)
}

fn create(array: &mut Array, call: &Call) -> Outcome {
    let body = body(call, &["name", "svm", "rules"])?;
    array.check_svm(&body)?;
    let name = text(&body, "/name")?.to_owned();
    if name.is_empty() || name.contains(' ') {
        let message = "Invalid ruleset name provided. No spaces allowed in a ruleset name.";
        return Err(Refusal::bad_request(message).kind("1703952"));
    }
    if name.chars().count() > NAME_MAX {
        let message = "The export policy name cannot be longer than 256 characters.";
        return Err(Refusal::bad_request(message).kind("1704047"));
    }
    if array.policy(&name).is_some() {
        return Err(Refusal::conflict("duplicate entry").kind(DUPLICATE));
    }
    let asked = body["rules"].as_array().cloned().unwrap_or_default();
    let rules = asked.iter().zip(1..).map(|(rule, index)| self::rule(rule, index));
    let rules = rules.collect::<Result<_, _>>()?;
    let id = array.policies.keys().max().map_or(FIRST_ID, |last| last + 1);
    array.policies.insert(id, Policy { id, name, rules });
    Ok(KIND.made(&id.to_string()))
}

fn rule(asked: &Value, index: u64) -> Result<Value, Refusal> {
    let clients = asked["clients"].as_array().filter(|clients| !clients.is_empty());
    for client in clients.ok_or_else(|| invalid("Field \"rules.clients\" is missing."))? {
        check_match(text(client, "/match")?)?;
    }
    for field in ["ro_rule", "rw_rule"] {
        if asked[field].as_array().is_none_or(Vec::is_empty) {
            return Err(invalid(format!("Field \"rules.{field}\" is missing.")));
        }
    }
    let mut rule = json!({
        "protocols": ["any"], "superuser": ["any"], "anonymous_user": "65534", "allow_suid": true,
        "allow_device_creation": true, "chown_mode": "restricted", "ntfs_unix_security": "fail",
    });
    for (field, value) in asked.as_object().into_iter().flatten() {
        rule[field] = value.clone();
    }
    rule["index"] = json!(index);
    Ok(rule)
}

/// An address, or one with the length of a netmask; of names ONTAP knows more than this.
fn check_match(text: &str) -> Result<(), Refusal> {
    let wrong =
        |why: &str, code| Err(Refusal::bad_request(format!("Invalid clientmatch: {why}.")).kind(code));
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let Ok(address) = address.parse::<IpAddr>() else {
        return wrong("invalid characters in host name", "1704044");
    };
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let length = if length.is_empty() { Some(width) } else { length.parse().ok() };
    let Some(length) = length else { return wrong("invalid netmask", "1704043") };
    if length > width {
        return wrong("too many bits in netmask", "1704042");
    }
    let host = 1_u128.checked_shl(width - length).unwrap_or(0).wrapping_sub(1);
    if bits & host != 0 {
        return wrong("address bytes masked out by netmask are non-zero", "1704040");
    }
    Ok(())
}

fn delete(array: &mut Array, id: &str) -> Outcome {
    let policy = find(array, id)?;
    if policy.is_default() {
        let message =
            "Cannot delete default ruleset. This ruleset will be deleted when the owning Vserver is deleted.";
        return Err(Refusal::bad_request(message).kind("1703947"));
    }
    let id = policy.id;
    if array.volumes.values().any(|volume| volume.policy == id) {
        let message = "Ruleset is in use by a volume. It cannot be deleted until all volumes that refer to it are first \
                       deleted.";
        return Err(Refusal::conflict(message).kind("1703945"));
    }
    array.policies.remove(&id);
    Ok(super::hal(200, &json!({})))
}
