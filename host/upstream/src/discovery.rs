//! Which version a service has below an address that names none, as OpenStack's clients find it out: the service lists its
//! versions there. A project may stand behind the address, and then stands behind the version's.
//!
//! Who asks, and what is remembered, is `openstack` and `catalogue`.

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::address::Base;

/// What a service lists, or the one version that is already there, as behind a proxy that leads to it.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    versions: Vec<Version>,
    version: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    status: String,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    rel: String,
    href: String,
}

impl Version {
    /// The last segment of its own address, as `v2.1`. Where that address is, behind which proxy, the catalogue knows better.
    fn segment(&self) -> Option<&str> {
        let own = self.links.iter().find(|link| link.rel == "self")?;
        own.href.trim_end_matches('/').rsplit('/').next().filter(|segment| is_version(segment))
    }
}

/// Whether an address says for which version it is.
pub(super) fn is_versioned(base: &Base) -> bool {
    base.segments().any(is_version)
}

/// Where the versions are listed: the address without the project at its end.
///
/// # Errors
/// The address has no more than that.
pub(super) fn root(base: &Base) -> anyhow::Result<Base> {
    match base.segments().next_back().filter(|last| is_project(last)) {
        Some(project) => Base::parse(base.as_str().strip_suffix(project).unwrap_or_default()),
        None => Ok(base.clone()),
    }
}

/// The address of the version with this major number, as `v2`: the current one, or else the last that is listed.
///
/// # Errors
/// `body` lists no such version: the address may be right as it is.
pub(super) fn versioned(base: &Base, wanted: &str, body: &[u8]) -> anyhow::Result<Base> {
    // serde's own message may quote the answer.
    let listed: Listed = serde_json::from_slice(body)
        .map_err(|error| anyhow::anyhow!("no list of versions ({:?})", error.classify()))?;
    let fits = |version: &&Version| version.segment().is_some_and(|segment| is_of(segment, wanted));
    if listed.version.as_ref().filter(fits).is_some() {
        return Ok(base.clone());
    }
    let mut fitting = listed.versions.iter().filter(fits);
    let current = fitting.clone().find(|version| version.status.eq_ignore_ascii_case("CURRENT"));
    let segment = current.or_else(|| fitting.next_back()).and_then(Version::segment);
    let segment = segment.with_context(|| format!("no version {wanted} is listed"))?;
    let root = root(base)?;
    let project = base.segments().next_back().filter(|last| is_project(last));
    let path = [Some(segment), project].into_iter().flatten().collect::<Vec<_>>().join("/");
    let found = Base::parse(&format!("{}/{path}", root.as_str()))?;
    ensure!(found.origin() == base.origin(), "the version is elsewhere");
    Ok(found)
}

/// `v2`, `v2.1`
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or_default();
    number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn is_of(segment: &str, wanted: &str) -> bool {
    segment.strip_prefix(wanted).is_some_and(|minor| minor.is_empty() || minor.starts_with('.'))
}

/// Keystone's ids are 32 hexadecimal digits; clouds from before write `AUTH_` in front, or hyphens.
fn is_project(segment: &str) -> bool {
    let id = segment.strip_prefix("AUTH_").unwrap_or(segment);
    id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "0123456789abcdef0123456789abcdef";

    fn found(base: &str, wanted: &str, versions: &[(&str, &str)]) -> Result<String, String> {
        let one = |(href, status): &(&str, &str)| serde_json::json!({"id": "v0", "status": status, "links": [{"rel": "self", "href": href}]});
        let body = serde_json::json!({"versions": versions.iter().map(one).collect::<Vec<_>>()}).to_string();
        let found = versioned(&Base::parse(base).unwrap(), wanted, body.as_bytes());
        found.map(|base| base.as_str().to_owned()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_current_version_is_taken_at_the_catalogues_address() {
        let nova = [("http://inside:8774/v2/", "SUPPORTED"), ("http://inside:8774/v2.1/", "CURRENT")];
        for (base, address) in [
            ("https://cloud/compute", "https://cloud/compute/v2.1"),
            ("https://cloud/compute/", "https://cloud/compute/v2.1"),
            ("https://cloud:8774", "https://cloud:8774/v2.1"),
            (&format!("https://cloud/compute/{PROJECT}"), &format!("https://cloud/compute/v2.1/{PROJECT}")),
        ] {
            assert_eq!(found(base, "v2", &nova).as_deref(), Ok(address), "{base}");
        }
        let cinder = [("http://c/volume/v2/", "DEPRECATED"), ("http://c/volume/v3/", "SUPPORTED")];
        assert_eq!(found("http://c/volume", "v3", &cinder).as_deref(), Ok("http://c/volume/v3"));
    }

    #[test]
    fn where_one_version_answers_is_its_address() {
        let base = Base::parse("https://cloud/compute").unwrap();
        let at = |wanted| {
            let body = r#"{"version": {"id": "v2.1", "links": [{"rel": "self", "href": "http://inside:8774/v2.1/"}]}}"#;
            versioned(&base, wanted, body.as_bytes()).map(|base| base.as_str().to_owned()).ok()
        };
        assert_eq!(at("v2").as_deref(), Some("https://cloud/compute"));
        assert_eq!(at("v3"), None);
    }

    #[test]
    fn what_lists_no_such_version_is_not_the_service() {
        assert!(found("http://c/volume", "v3", &[("http://c/v2/", "CURRENT")]).unwrap_err().contains("v3"));
        assert!(found("http://c/volume", "v3", &[("http://c/v3/../x", "CURRENT")]).is_err());
        assert!(found("http://c/volume", "v3", &[("http://c/v30", "CURRENT")]).is_err());
        let base = Base::parse("http://c").unwrap();
        for body in ["", "<html>", "{}", "[]"] {
            assert!(versioned(&base, "v3", body.as_bytes()).is_err(), "{body}");
        }
    }
}
