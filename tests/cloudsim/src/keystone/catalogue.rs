//! The service catalogue of a token.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Identity;
use crate::service::Service;

/// Which URL a client may ask for; here they are the same.
const INTERFACES: [&str; 3] = ["public", "internal", "admin"];

/// Every service but those that are left out, with URLs for `project`.
pub(super) fn catalogue(identity: &Identity, base: &str, project: &str) -> Vec<Value> {
    let services = Service::ALL.into_iter().filter(|service| !identity.catalogue_omits.contains(service));
    services
        .flat_map(|service| {
            let url = format!("{base}/{}{}", service.prefix(), service.version_path());
            let url = url.replace("{project}", project);
            let entry = move |(kind, name): &(&str, &str)| entry(kind, name, &url, &identity.region);
            service.catalogue_types().iter().map(entry)
        })
        .collect()
}

fn entry(kind: &str, name: &str, url: &str, region: &str) -> Value {
    let endpoint = |interface: &str| {
        let id = stable_id(&format!("{kind} {interface}"));
        json!({"id": id, "interface": interface, "region_id": region, "region": region, "url": url})
    };
    let endpoints: Vec<Value> = INTERFACES.iter().copied().map(endpoint).collect();
    json!({"id": stable_id(kind), "type": kind, "name": name, "endpoints": endpoints})
}

/// The same id for the same name in every token, as rows of a database have.
fn stable_id(name: &str) -> String {
    let mut bytes = [0_u8; 16];
    for (at, byte) in name.bytes().enumerate() {
        bytes[at % 16] = bytes[at % 16].rotate_left(3) ^ byte;
    }
    Uuid::from_bytes(bytes).simple().to_string()
}
