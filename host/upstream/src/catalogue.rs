//! Keystone's catalogue, as one session has it: which address a service type means in one region.
//!
//! How a token comes with it is `keystone`; that a path stays below its address is `address`.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_core::error::{Error, Kind};
use reqwest::Url;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::address::Base;
use super::breaker::Breaker;

/// Service types that a cloud may list under an older name; the official one first, then the older ones in order
/// of preference (OpenStack service-types authority).
const ALIASES: [&[&str]; 7] = [
    &["block-storage", "volumev3", "volumev2", "volume", "block-store"],
    &["shared-file-system", "sharev2", "share"],
    &["baremetal", "bare-metal"],
    &["container-infrastructure-management", "container-infrastructure", "container-infra"],
    &["instance-ha", "ha"],
    &["message", "messaging"],
    &["workflow", "workflowv2"],
];

/// Which of a service's addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    /// For everyone.
    #[default]
    Public,
    /// Inside the cloud.
    Internal,
    /// For operators.
    Admin,
}

impl Interface {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Admin => "admin",
        }
    }
}

/// One entry of the catalogue as Keystone writes it.
#[derive(Deserialize)]
pub(super) struct Service {
    #[serde(rename = "type")]
    kind: String,
    endpoints: Vec<ListedEndpoint>,
}

#[derive(Deserialize)]
struct ListedEndpoint {
    interface: String,
    region_id: Option<String>,
    url: String,
}

/// The address of one service, and its breaker.
pub(super) struct Endpoint {
    base: Base,
    pub(super) breaker: Arc<Breaker>,
}

/// The addresses of one region's services by service type.
pub(super) struct Catalogue(HashMap<String, Endpoint>);

impl Catalogue {
    /// Keeps what belongs to the region and the interface. `breaker` gives the breaker of an origin.
    pub(super) fn new(
        listed: Vec<Service>,
        region: &str,
        interface: Interface,
        breaker: impl Fn(&str) -> Arc<Breaker>,
    ) -> Self {
        let mut endpoints = HashMap::new();
        let fits = |listed: &&ListedEndpoint| {
            listed.interface == interface.as_str() && listed.region_id.as_deref() == Some(region)
        };
        for Service { kind, endpoints: addresses } in listed {
            let Some(address) = addresses.iter().find(fits) else { continue };
            match Base::parse(&address.url) {
                Ok(base) => {
                    let breaker = breaker(base.origin());
                    endpoints.insert(kind, Endpoint { base, breaker });
                }
                Err(error) => warn!(service = kind, "the catalogue's address is not usable: {error:#}"),
            }
        }
        Self(endpoints)
    }

    /// Where `path` goes: its first segment is the service type, the rest lies below that service's address.
    ///
    /// Clouds differ in whether an address ends in its version, so a version that both the address and the path
    /// have is taken once: `image/v2/images` is right for `…:9292` and for `…:9292/v2`.
    ///
    /// # Errors
    /// [`Kind::Unsupported`], naming the service type, when the catalogue has none; [`Kind::Invalid`] when the
    /// path would leave the address.
    pub(super) fn resolve(&self, path: &str) -> Result<(&Endpoint, Url), Error> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let end = path.find(['/', '?']).unwrap_or(path.len());
        let (kind, rest) = path.split_at(end);
        let endpoint = self.endpoint(kind).ok_or_else(|| unknown(kind))?;
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let rest = without_version(rest, endpoint.base.last_segment());
        Ok((endpoint, endpoint.base.join(rest)?))
    }

    fn endpoint(&self, kind: &str) -> Option<&Endpoint> {
        self.0.get(kind).or_else(|| {
            let family = ALIASES.iter().find(|family| family.contains(&kind))?;
            family.iter().find_map(|alias| self.0.get(*alias))
        })
    }
}

/// `rest` without its first segment if that is the version which the address ends in already.
fn without_version<'a>(rest: &'a str, version: &str) -> &'a str {
    match rest.strip_prefix(version) {
        Some(below) if below.is_empty() || below.starts_with('?') => below,
        Some(below) => below.strip_prefix('/').unwrap_or(rest),
        None => rest,
    }
}

fn unknown(kind: &str) -> Error {
    Error::new(Kind::Unsupported, format!("The cloud has no service of type \"{kind:.64}\" in this region."))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::breaker::Breakers;
    use super::super::failure_detector::Bounds;
    use super::*;

    fn catalogue(services: &[(&str, &str)]) -> Catalogue {
        let one = |(kind, url): &(&str, &str)| {
            json!({ "type": kind, "name": "x", "endpoints": [
                { "interface": "admin", "region_id": "here", "region": "here", "url": "http://admin" },
                { "interface": "public", "region_id": "there", "region": "there", "url": "http://there" },
                { "interface": "public", "region_id": "here", "region": "here", "url": url },
            ]})
        };
        let listed = serde_json::from_value(services.iter().map(one).collect()).unwrap();
        let none = Duration::ZERO;
        let breakers = Breakers::new(Bounds { calls: 1, silent_min: none, open: none, limit: none });
        Catalogue::new(listed, "here", Interface::Public, |origin| breakers.of(origin))
    }

    #[test]
    fn a_path_is_resolved_for_region_and_interface() {
        let catalogue = catalogue(&[
            ("compute", "http://cloud:8774/v2.1"),
            ("image", "http://cloud:9292"),
            ("network", "http://cloud:9696/"),
            ("identity", "http://cloud/identity/v3/"),
            ("volumev2", "http://cloud:8776/v2/p"),
            ("volumev3", "http://cloud:8776/v3/p"),
            ("sharev2", "http://cloud:8786/v2"),
        ]);
        let url = |path| catalogue.resolve(path).unwrap().1.to_string();
        assert_eq!(url("compute/servers/detail?limit=1"), "http://cloud:8774/v2.1/servers/detail?limit=1");
        assert_eq!(url("/compute/servers"), "http://cloud:8774/v2.1/servers");
        assert_eq!(url("compute/v2.1?x"), "http://cloud:8774/v2.1/?x");
        assert_eq!(url("image/v2/images"), "http://cloud:9292/v2/images");
        assert_eq!(url("network/v2.0/networks"), "http://cloud:9696/v2.0/networks");
        assert_eq!(url("identity/v3/users"), "http://cloud/identity/v3/users");
        assert_eq!(url("identity/v3"), "http://cloud/identity/v3/");
        assert_eq!(url("identity/v3x/users"), "http://cloud/identity/v3/v3x/users");
        assert_eq!(url("block-storage/volumes"), "http://cloud:8776/v3/p/volumes");
        assert_eq!(url("volume/volumes"), "http://cloud:8776/v3/p/volumes");
        assert_eq!(url("volumev2/volumes"), "http://cloud:8776/v2/p/volumes");
        assert_eq!(url("shared-file-system/shares"), "http://cloud:8786/v2/shares");
    }

    #[test]
    fn a_version_is_not_doubled() {
        let catalogue = catalogue(&[("image", "http://cloud/image/v2"), ("network", "http://cloud/v2.0")]);
        let url = |path| catalogue.resolve(path).unwrap().1.to_string();
        assert_eq!(url("image/v2/images/v2"), "http://cloud/image/v2/images/v2");
        assert_eq!(url("network/v2.0/ports"), "http://cloud/v2.0/ports");
    }

    #[test]
    fn a_service_that_is_not_there_is_named() {
        let catalogue = catalogue(&[("compute", "http://cloud:8774/v2.1"), ("image", "not an address")]);
        for (path, name) in [("dns/v2/zones", "dns"), ("image/v2", "image"), ("", ""), ("../compute", "..")] {
            let error = catalogue.resolve(path).err().unwrap();
            assert_eq!(error.kind(), Kind::Unsupported);
            assert!(error.message().contains(&format!("\"{name}\"")), "{error}");
        }
        assert_eq!(catalogue.resolve("compute/../x").err().unwrap().kind(), Kind::Invalid);
    }
}
