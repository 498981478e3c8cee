//! Keystone's catalogue, as one session has it: which address a service type means in one region.
//!
//! How a token comes with it is `keystone`; that a path stays below its address is `address`; which version of a service is meant
//! where its address has none is found out by `discovery`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Uri;
use patchbay_core::error::{Error, Kind};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tokio::sync::OnceCell;
use tracing::warn;

use super::address::Base;
use super::breaker::Breaker;
use super::discovery;

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

/// The services whose paths begin below the address of a version, and that version's major number. Of the others a path says
/// it itself.
const VERSIONS: [(&str, &str); 3] =
    [("compute", "v2"), ("block-storage", "v3"), ("shared-file-system", "v2")];

/// The official type of a service.
fn family(kind: &str) -> Option<&str> {
    ALIASES.iter().find(|family| family.contains(&kind)).map_or(Some(kind), |family| family.first().copied())
}

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
    #[serde(default, deserialize_with = "readable")]
    endpoints: Vec<ListedEndpoint>,
}

/// The items of a list that can be read: an odd one costs nothing but itself, and so does what should be a list and is none.
pub(super) fn readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(items) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    let count = items.len();
    let read: Vec<T> = items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect();
    if read.len() < count {
        warn!("{} entries of the catalogue cannot be read and are left out", count - read.len());
    }
    Ok(read)
}

#[derive(Deserialize)]
struct ListedEndpoint {
    interface: String,
    region_id: Option<String>,
    /// The same by its older word.
    region: Option<String>,
    url: String,
}

impl ListedEndpoint {
    fn is_in(&self, region: &str) -> bool {
        [&self.region_id, &self.region].into_iter().any(|named| named.as_deref() == Some(region))
    }
}

/// The address of one service, and its breaker.
pub(super) struct Endpoint {
    listed: Base,
    /// The address of the version that plugins speak, where the listed one names none: asked for once.
    versioned: OnceCell<Base>,
    /// The version of which that is, as `v2`; none where the listed address is right as it is.
    wanted: Option<&'static str>,
    /// Whether the log has been told, in this session, that something else answers here.
    told: AtomicBool,
    pub(super) breaker: Arc<Breaker>,
}

impl Endpoint {
    fn new(kind: &str, listed: Base, breaker: Arc<Breaker>) -> Self {
        let version = family(kind).and_then(|family| VERSIONS.iter().find(|(first, _)| *first == family));
        let wanted = version.map(|(_, version)| *version).filter(|_| !discovery::is_versioned(&listed));
        Self { listed, versioned: OnceCell::new(), wanted, told: AtomicBool::new(false), breaker }
    }

    /// The address below which paths are, where that is known.
    pub(super) fn base(&self) -> Option<&Base> {
        match self.wanted {
            Some(_) => self.versioned.get(),
            None => Some(&self.listed),
        }
    }

    /// The same where it has to be found out, which `ask` does; once, for all who ask.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(super) async fn found<E>(&self, ask: impl Future<Output = Result<Base, E>>) -> Result<&Base, E> {
        self.versioned.get_or_try_init(|| ask).await
    }

    /// The address that the catalogue has, and the version that is wanted below it.
    pub(super) fn unversioned(&self) -> (&Base, &'static str) {
        (&self.listed, self.wanted.unwrap_or_default())
    }

    /// Whether the log is to be told that something else answers at this address: once.
    pub(super) fn is_to_be_told(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }

    /// As the catalogue has it, for the log.
    pub(super) fn address(&self) -> &str {
        self.listed.as_str()
    }
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
        let fits = |listed: &&ListedEndpoint| listed.interface == interface.as_str() && listed.is_in(region);
        for Service { kind, endpoints: addresses } in listed {
            let Some(address) = addresses.iter().find(fits) else { continue };
            match Base::parse(&address.url) {
                Ok(base) => {
                    let breaker = breaker(base.origin());
                    let endpoint = Endpoint::new(&kind, base, breaker);
                    endpoints.insert(kind, endpoint);
                }
                Err(error) => warn!(service = kind, "the catalogue's address is not usable: {error:#}"),
            }
        }
        Self(endpoints)
    }

    /// Where `path` goes: its first segment is the service type, the rest lies below that service's address.
    ///
    /// # Errors
    /// [`Kind::Unsupported`], naming the service type, when the catalogue has none.
    pub(super) fn resolve<'a>(&self, path: &'a str) -> Result<(&Endpoint, &'a str), Error> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let end = path.find(['/', '?']).unwrap_or(path.len());
        let (kind, rest) = path.split_at(end);
        let endpoint = self.endpoint(kind).ok_or_else(|| unknown(kind))?;
        Ok((endpoint, rest.strip_prefix('/').unwrap_or(rest)))
    }

    fn endpoint(&self, kind: &str) -> Option<&Endpoint> {
        self.0.get(kind).or_else(|| {
            let family = ALIASES.iter().find(|family| family.contains(&kind))?;
            family.iter().find_map(|alias| self.0.get(*alias))
        })
    }
}

/// The address of a path that [`Catalogue::resolve`] left over, below its service's.
///
/// Clouds differ in whether an address ends in its version, so a version that both the address and the path
/// have is taken once: `image/v2/images` is right for `…:9292` and for `…:9292/v2`.
///
/// # Errors
/// [`Kind::Invalid`] when the path would leave the address.
pub(super) fn below(base: &Base, rest: &str) -> Result<Uri, Error> {
    base.join(without_version(rest, base.last_segment()))
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

    #[test]
    fn an_odd_entry_costs_nothing_but_itself() {
        let endpoint = json!({"interface": "public", "region": "here", "url": "http://here/v2.1"});
        let odd =
            [json!(null), json!({"url": 7}), json!("x"), json!({"interface": "public", "region_id": {}})];
        let compute = json!({"type": "compute", "endpoints": [odd[0], odd[1], odd[2], odd[3], endpoint]});
        let listed = json!([null, {"type": 7}, {"type": "image", "endpoints": null}, compute, []]);
        let listed: Vec<Service> = readable(listed).unwrap();
        let kinds: Vec<_> = listed.iter().map(|service| (&*service.kind, service.endpoints.len())).collect();
        assert_eq!(kinds, [("image", 0), ("compute", 1)]);
        assert!(readable::<_, Service>(json!({})).unwrap().is_empty());
    }

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

    /// Of services whose version is in their address, or in the path.
    fn address(catalogue: &Catalogue, path: &str) -> Result<String, Error> {
        let (endpoint, rest) = catalogue.resolve(path)?;
        let base = endpoint.base().ok_or_else(|| Error::new(Kind::Unavailable, "asked"))?;
        Ok(below(base, rest)?.to_string())
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
        let url = |path| address(&catalogue, path).unwrap();
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
        let url = |path| address(&catalogue, path).unwrap();
        assert_eq!(url("image/v2/images/v2"), "http://cloud/image/v2/images/v2");
        assert_eq!(url("network/v2.0/ports"), "http://cloud/v2.0/ports");
    }

    #[test]
    fn a_service_that_is_not_there_is_named() {
        let catalogue = catalogue(&[("compute", "http://cloud:8774/v2.1"), ("image", "not an address")]);
        for (path, name) in [("dns/v2/zones", "dns"), ("image/v2", "image"), ("", ""), ("../compute", "..")] {
            let error = address(&catalogue, path).unwrap_err();
            assert_eq!(error.kind(), Kind::Unsupported);
            assert!(error.message().contains(&format!("\"{name}\"")), "{error}");
        }
        assert_eq!(address(&catalogue, "compute/../x").unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn only_an_address_without_its_version_is_asked_about() {
        let project = "0123456789abcdef0123456789abcdef";
        for (kind, path, asks) in [
            ("compute", "", true),
            ("compute", "/", true),
            ("compute", &format!("/{project}"), true),
            ("compute", "/v2.1", false),
            ("compute", &format!("/v2.1/{project}"), false),
            ("volumev3", "", true),
            ("volumev3", &format!("/v3/{project}"), false),
            ("sharev2", "/share", true),
            ("network", "", false),
            ("image", "", false),
        ] {
            let catalogue = catalogue(&[(kind, &format!("http://cloud:8774{path}"))]);
            let asked = address(&catalogue, &format!("{kind}/x")).is_err();
            assert_eq!(asked, asks, "{kind} {path}");
        }
    }

    #[test]
    fn a_region_is_told_by_either_word() {
        for (key, is_there) in [("region_id", true), ("region", true), ("zone", false)] {
            let listed = json!([{ "type": "image", "endpoints": [
                { "interface": "public", key: "here", "url": "http://cloud" }]}]);
            let none = Duration::ZERO;
            let breakers = Breakers::new(Bounds { calls: 1, silent_min: none, open: none, limit: none });
            let listed = serde_json::from_value(listed).unwrap();
            let catalogue = Catalogue::new(listed, "here", Interface::Public, |origin| breakers.of(origin));
            assert_eq!(catalogue.resolve("image/v2").is_ok(), is_there, "{key}");
        }
    }
}
