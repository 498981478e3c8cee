//! ONTAP's REST API as every file here reaches it, and the names that an operation gives to what it makes.

use patchbay_sdk::error::kind;
use patchbay_sdk::upstream::{Request, Response};
use patchbay_sdk::{Context, Error, settings};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::refusal;

/// Granted with the credential of the array's administrator.
pub(crate) const UPSTREAM: &str = "array";
/// The setting that names the SVM.
pub(crate) const SVM: &str = "svm";
/// The setting that names the aggregate.
pub(crate) const AGGREGATE: &str = "aggregate";

#[derive(Deserialize)]
struct Records<T> {
    records: Vec<T>,
}

/// What began something that takes time.
#[derive(Deserialize)]
struct Accepted {
    job: JobLink,
}

#[derive(Deserialize)]
struct JobLink {
    uuid: String,
}

/// A request of the path below `/api`.
pub(crate) fn request(method: &str, path: &[&str]) -> Request {
    Request::new(UPSTREAM, method, &[&["api"], path].concat())
}

/// The records of the route's SVM in a list, with just these fields.
pub(crate) async fn list<T: DeserializeOwned>(
    path: &[&str],
    filters: &[(&str, &str)],
    fields: &str,
) -> Result<Vec<T>, Error> {
    let request = request("GET", path).query("svm.name", svm()?).query("fields", fields);
    let request = filters.iter().fold(request, |request, (name, value)| request.query(name, value));
    Ok(ok(request).await?.json::<Records<T>>()?.records)
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
    Ok(ok(request).await?.json::<Accepted>()?.job.uuid)
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
