//! ONTAP's volumes: requests, and the words in which ONTAP answers. How one is made or removed is in files of the verbs.

use jiff::Timestamp;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Maybe, Number, Parsed, Text};
use patchbay_sdk::nas::Share;
use patchbay_sdk::{Context, Error};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::note::Note;
use crate::{interface, ontap};

pub(crate) const PATH: [&str; 2] = ["storage", "volumes"];
/// ONTAP leaves out what is costly unless it is asked for.
const FIELDS: &str = "uuid,name,comment,create_time,size,state,svm,nas.path,nas.export_policy.name";
pub(crate) const GIB: u64 = 1 << 30;

/// A volume as ONTAP shows it; what it has not got yet is left out.
#[derive(Debug, Deserialize)]
pub(crate) struct Volume {
    pub(crate) uuid: Id,
    pub(crate) name: Text,
    comment: Text,
    /// In the array's own time zone.
    create_time: Parsed<Timestamp>,
    /// Bytes
    size: Number<u64>,
    state: Text,
    svm: Maybe<Svm>,
    nas: Maybe<Nas>,
}

#[derive(Debug, Deserialize)]
struct Svm {
    name: Text,
    uuid: Text,
}

#[derive(Debug, Deserialize)]
struct Nas {
    path: Text,
    export_policy: Maybe<Policy>,
}

#[derive(Debug, Deserialize)]
struct Policy {
    name: Text,
}

impl Volume {
    /// Where it is mounted in the SVM's tree, empty for nowhere, and which export policy it names.
    pub(crate) fn export(&self) -> (&str, &str) {
        let policy = self.nas.as_ref().and_then(|nas| nas.export_policy.as_ref());
        (self.path(), policy.map_or("", |policy| policy.name.as_str()))
    }

    fn path(&self) -> &str {
        self.nas.as_ref().map_or("", |nas| nas.path.as_str())
    }

    fn svm(&self) -> &str {
        self.svm.as_ref().map_or("", |svm| svm.name.as_str())
    }

    /// Where tenants mount it from; none while it is nowhere in the SVM's tree.
    pub(crate) async fn location(&self) -> Result<Option<String>, Error> {
        if self.path().is_empty() {
            return Ok(None);
        }
        let address = interface::address().await?;
        Ok(Some(interface::location(address, self.path())))
    }

    /// As the contract's share, in the caller's region.
    pub(crate) async fn into_share(self, note: Note, region: String) -> Result<Share, Error> {
        let address = interface::address().await?;
        Ok(Share {
            id: self.uuid.into(),
            name: note.name,
            description: note.description,
            protocol: "NFS".into(),
            size: u32::try_from(self.size.or_zero().div_ceil(GIB)).unwrap_or(u32::MAX),
            region,
            network_id: note.network,
            status: status(&self.state).into(),
            progress: String::new(),
            server_id: self.svm.get().map(|svm| svm.uuid.into()).unwrap_or_default(),
            server_host: address.to_string(),
            share_network_id: String::new(),
            created_at: self.create_time.get().map(rfc3339).unwrap_or_default(),
            updated_at: String::new(),
        })
    }
}

/// The volume of an id that a request names, and what is noted on it; one that is not the tenant's is none.
pub(crate) async fn show(ctx: &Context, id: &str) -> Result<(Volume, Note), Error> {
    let missing = || Error::public(kind::NOT_FOUND, format_args!("There is no share {id}."));
    // ONTAP takes asterisks in ids for anything.
    if !is_uuid(id) {
        return Err(missing());
    }
    let volume = look(id).await?.ok_or_else(missing)?;
    let note = Note::of(ctx, &volume.comment).filter(|_| ontap::svm().is_ok_and(|svm| svm == volume.svm()));
    note.map(|note| (volume, note)).ok_or_else(missing)
}

/// A volume that was there a moment ago, whosever it is.
pub(crate) async fn look(id: &str) -> Result<Option<Volume>, Error> {
    let request = ontap::request("GET", &[&PATH[..], &[id]].concat()).query("fields", FIELDS);
    match ontap::ok(request).await {
        Err(error) if error.is(kind::NOT_FOUND) => Ok(None),
        answer => answer?.json().map(Some),
    }
}

/// The one of that name, whosever it is.
pub(crate) async fn named(name: &str) -> Result<Option<Volume>, Error> {
    let found: Vec<Volume> = ontap::list(&PATH, &[("name", name)], FIELDS).await?;
    Ok(found.into_iter().next())
}

/// The one of that name that is noted to be the tenant's.
pub(crate) async fn own(ctx: &Context, name: &str) -> Result<Option<Volume>, Error> {
    let found: Vec<Volume> = ontap::named(&PATH, name, FIELDS, |record| is_own(ctx, record)).await?;
    Ok(found.into_iter().next())
}

/// A volume that says nothing yet is still being made.
fn is_own(ctx: &Context, record: &Value) -> Result<Option<bool>, Error> {
    match record["comment"].as_str() {
        None | Some("") => Err(Error::hidden(kind::BUSY, "the volume has no comment yet")),
        Some(comment) => Ok(Some(Note::of(ctx, comment).is_some())),
    }
}

/// Begins to mount it there, to be exported by that policy; an empty path takes it out of the tree. The job.
pub(crate) async fn export(id: &str, path: &str, policy: &str) -> Result<String, Error> {
    let body = json!({"nas": {"path": path, "export_policy": {"name": policy}}});
    ontap::job(ontap::request("PATCH", &[&PATH[..], &[id]].concat()).json(&body)?).await
}

/// Begins to delete it. The job.
pub(crate) async fn remove(id: &str) -> Result<String, Error> {
    ontap::job(ontap::request("DELETE", &[&PATH[..], &[id]].concat())).await
}

fn status(state: &str) -> &str {
    match state {
        "online" => "available",
        "" => "creating",
        state => state,
    }
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// To the second, in UTC.
fn rfc3339(time: Timestamp) -> String {
    format!("{time:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_read_as_ontap_shows_it() {
        let half_made =
            r#"{"uuid": "u1", "name": "v1", "svm": {"name": "svm1", "uuid": "s1"}, "_links": {}}"#;
        let volume: Volume = serde_json::from_str(half_made).unwrap();
        assert_eq!((volume.export(), status(&volume.state)), (("", ""), "creating"));
        let made = r#"{"uuid": "u1", "name": "v1", "svm": {"name": "svm1", "uuid": "s1"}, "state": "online",
            "size": 1073741824, "nas": {"path": "/v1", "export_policy": {"name": "p1"}}}"#;
        let volume: Volume = serde_json::from_str(made).unwrap();
        assert_eq!((volume.export(), status(&volume.state)), (("/v1", "p1"), "available"));
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(rfc3339("2026-11-23T15:00:00-04:00".parse().unwrap()), "2026-11-23T19:00:00Z");
    }

    #[test]
    fn an_id_is_a_uuid() {
        assert!(is_uuid("5f0c1a52-0000-4000-8000-000000000000"));
        for id in ["*", "", "5f0c1a52-0000-4000-8000-00000000000*"] {
            assert!(!is_uuid(id), "{id}");
        }
    }
}
