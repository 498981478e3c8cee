//! ONTAP's REST API as every file here reaches it, and the names that an operation gives to what it makes.

use std::collections::BTreeSet;

use patchbay_sdk::error::kind;
use patchbay_sdk::field::Id;
use patchbay_sdk::mark::{Found, Mark};
use patchbay_sdk::upstream::{Request, Response};
use patchbay_sdk::{Context, Error, log, settings};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{filter, refusal};

/// Granted with the credential of the array's administrator.
pub(crate) const UPSTREAM: &str = "array";
/// The setting that names the SVM.
pub(crate) const SVM: &str = "svm";
/// The setting that names the aggregate.
pub(crate) const AGGREGATE: &str = "aggregate";

/// The most answers that one list is put together of. An array may answer with fewer records than it could, or with none, and
/// say where the list goes on.
const PARTS_MAX: usize = 100;

#[derive(Deserialize)]
struct Records {
    records: Vec<Value>,
    #[serde(default, rename = "_links")]
    links: Value,
}

impl Records {
    /// The address of the list's next part, as far as its query.
    fn next(&self) -> Option<&str> {
        self.links["next"]["href"].as_str()?.split_once('?').map(|(_, query)| query)
    }
}

/// What began something that takes time.
#[derive(Deserialize)]
struct Accepted {
    job: JobLink,
}

#[derive(Deserialize)]
struct JobLink {
    uuid: Id,
}

/// A request of the path below `/api`.
pub(crate) fn request(method: &str, path: &[&str]) -> Request {
    Request::new(UPSTREAM, method, &[&["api"], path].concat())
}

/// The records of the route's SVM in a list that show what the filters ask for, with these fields and those of the filters.
/// One that is no `T` is left out, and the log says so.
pub(crate) async fn list<T: DeserializeOwned>(
    path: &[&str],
    filters: &[(&str, &str)],
    fields: &str,
) -> Result<Vec<T>, Error> {
    let svm = svm()?;
    let filters = [&[("svm.name", svm.as_str())], filters].concat();
    let (mut records, _) = records(path, &filters, fields).await?;
    records.retain(|record| filter::fits(record, &filters));
    let read = records.into_iter().map(serde_json::from_value);
    let told = read.map(|read| read.inspect_err(|e| log::unread("A record of the array is left out", e)));
    Ok(told.filter_map(Result::ok).collect())
}

/// The records of the route's SVM that bear this name; `whose` says whether one is the tenant's, none where it does not
/// show that.
pub(crate) async fn named<T: DeserializeOwned>(
    path: &[&str],
    name: &str,
    fields: &str,
    whose: impl Fn(&Value) -> Result<Option<bool>, Error>,
) -> Result<Vec<T>, Error> {
    let svm = svm()?;
    let filters = [("svm.name", svm.as_str()), ("name", name)];
    let (records, whole) = records(path, &filters, fields).await?;
    let mut found = Found::default();
    for record in records {
        let own = match record["svm"]["name"].as_str() {
            Some(shown) if shown != svm => Some(false),
            // Of one of another name nothing more is asked.
            Some(_) if record["name"] == name => whose(&record)?,
            shown => shown.map(|_| true),
        };
        found.look(record, &Mark::Text("name", name), |_| own);
    }
    if !whole {
        found.cut();
    }
    found.proved(path.last().copied().unwrap_or_default())
}

/// What the array answers, which may not know a filter, and whether that is all.
async fn records(path: &[&str], filters: &[(&str, &str)], fields: &str) -> Result<(Vec<Value>, bool), Error> {
    let is_asked =
        |name: &str| fields.split(',').any(|field| name == field || name.starts_with(&format!("{field}.")));
    let more = filters.iter().map(|(name, _)| *name).filter(|name| !is_asked(name));
    let fields = [fields].into_iter().chain(more).collect::<Vec<_>>().join(",");
    let first = request("GET", path).query("fields", fields);
    let mut next = filters.iter().fold(first, |request, (name, value)| request.query(name, value));
    let (mut found, mut asked) = (Vec::new(), BTreeSet::new());
    for _ in 0..PARTS_MAX {
        let mut part: Records = ok(next).await?.json()?;
        found.append(&mut part.records);
        match part.next() {
            None => return Ok((found, part.links["next"].is_null())),
            Some(again) if !asked.insert(again.to_owned()) => return Ok((found, false)),
            Some(more) => next = request("GET", path).raw_query(more),
        }
    }
    Ok((found, false))
}

/// Sends it and takes a status of 2xx alone for success.
pub(crate) async fn ok(request: Request) -> Result<Response, Error> {
    let response = request.send().await?;
    if (200..300).contains(&response.status()) {
        return Ok(response);
    }
    Err(refusal::of(response.status(), response.body()))
}

/// Sends what begins a job; the job's id.
pub(crate) async fn job(request: Request) -> Result<String, Error> {
    Ok(ok(request).await?.json::<Accepted>()?.job.uuid.into())
}

pub(crate) fn svm() -> Result<String, Error> {
    settings::required(SVM)
}

/// What the operation calls its volume and its export policy: letters, digits and underscores are all that ONTAP takes.
pub(crate) fn name(ctx: &Context) -> Result<String, Error> {
    let unmarked = || Error::hidden(kind::INTERNAL, "a change without an operation");
    ctx.operation_id.as_deref().map(name_of).ok_or_else(unmarked)
}

fn name_of(operation: &str) -> String {
    let id: String = operation.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("patchbay_{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operations_name_is_one_that_ontap_takes() {
        let name = name_of("op-5f0c1a52-0000-4000-8000-000000000000");
        assert_eq!(name, "patchbay_op_5f0c1a52_0000_4000_8000_000000000000");
    }
}
