//! The service catalogue of a token.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Identity;
use crate::service::Service;

/// Which URL a client may ask for; here they are the same.
const INTERFACES: [&str; 3] = ["public", "internal", "admin"];

/// How the catalogue of the next tokens writes the URLs of Nova, Cinder and Manila, as deployments are seen to. Usually each has
/// its version, and Cinder's the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueForm {
    /// Without the version.
    pub unversioned: bool,
    /// With the project at the end.
    pub project: bool,
    /// With a slash at the end.
    pub slash: bool,
    /// Of all services: endpoints have a `region` and no `region_id`.
    pub region_alone: bool,
    /// At a path where there is no service.
    pub astray: bool,
}

impl CatalogueForm {
    fn path(&self, service: Service) -> String {
        let version = service.version_path();
        if !matches!(service, Service::Compute | Service::Volume | Service::Share) || *self == Self::default()
        {
            return format!("{}{version}", service.prefix());
        }
        let version = version.split_once("/{").map_or(version, |(version, _)| version);
        let version = if self.unversioned { "" } else { version };
        let has_project = self.project || !self.unversioned && service == Service::Volume;
        let project = if has_project { "/{project}" } else { "" };
        let astray = if self.astray { "astray/" } else { "" };
        format!("{astray}{}{version}{project}{}", service.prefix(), if self.slash { "/" } else { "" })
    }
}

/// Every service but those that are left out, with URLs for `project`.
pub(super) fn catalogue(identity: &Identity, base: &str, project: &str) -> Vec<Value> {
    let services = Service::ALL.into_iter().filter(|service| !identity.catalogue_omits.contains(service));
    services
        .flat_map(|service| {
            let url =
                format!("{base}/{}", identity.catalogue_form.path(service)).replace("{project}", project);
            let entry = move |(kind, name): &(&str, &str)| entry(kind, name, &url, identity);
            service.catalogue_types().iter().map(entry)
        })
        .collect()
}

fn entry(kind: &str, name: &str, url: &str, identity: &Identity) -> Value {
    let region = &identity.region;
    let endpoint = |interface: &str| {
        let id = stable_id(&format!("{kind} {interface}"));
        let mut endpoint = json!({"id": id, "interface": interface, "region": region, "url": url});
        if !identity.catalogue_form.region_alone {
            endpoint["region_id"] = json!(region);
        }
        endpoint
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
