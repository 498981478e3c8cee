//! What all calls of the contract have in common: in whose name, for how long, and what an answer says. What is asked is
//! in `main`.
#![expect(clippy::print_stdout, reason = "a line an answer is what the client is for")]

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::proto::clouddisk::{
    CloudDiskRes, CreateCloudDiskReq, DeleteCloudDiskReq, DeleteCloudDiskRes, GetCloudDiskReq,
};
use crate::proto::flavor::{ListFlavorsReq, ListFlavorsRes};
use crate::proto::image::{ListImagesReq, ListImagesRes};
use crate::proto::tenant::CreateTenantRes;

/// How long a call may take. The host waits for what takes time, and answers before this is over.
const CALL_MAX: Duration = Duration::from_secs(60);
/// The platform's user in whose name is called.
const USER: &str = "example-user";
/// The metadata with the ids under which the host's log tells of a call.
const IDS: [&str; 2] = ["x-request-id", "x-operation-id"];

/// What `CreateTenant` gave.
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) apikey: String,
}

impl Tenant {
    /// A request in its name, to be filled.
    pub(crate) fn request<Q: Claim>(&self) -> Q {
        Q::of(self)
    }
}

/// A request that carries an api key.
pub(crate) trait Claim {
    /// With nothing but who asks.
    fn of(tenant: &Tenant) -> Self;
}

macro_rules! claims {
    ($($request:ident),*) => {$(
        impl Claim for $request {
            fn of(tenant: &Tenant) -> Self {
                let (apikey, tenant_id) = (tenant.apikey.clone(), tenant.id.clone());
                Self { apikey, tenant_id, platform_userid: USER.to_owned(), ..Self::default() }
            }
        }
    )*};
}

claims!(ListFlavorsReq, ListImagesReq, CreateCloudDiskReq, GetCloudDiskReq, DeleteCloudDiskReq);

/// What every answer begins with: 0 or the number of a gRPC status, and a sentence.
pub(crate) trait Answer {
    fn code(&self) -> i32;
    fn msg(&self) -> &str;
}

macro_rules! answers {
    ($($answer:ident),*) => {$(
        impl Answer for $answer {
            fn code(&self) -> i32 {
                self.code
            }

            fn msg(&self) -> &str {
                &self.msg
            }
        }
    )*};
}

answers!(CreateTenantRes, ListFlavorsRes, ListImagesRes, CloudDiskRes, DeleteCloudDiskRes);

/// The message as a request with a deadline.
pub(crate) fn bounded<Q>(message: Q) -> Request<Q> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_MAX);
    request
}

/// The same for a change: whoever gets no answer sends it again with the same key, and the host does it once.
pub(crate) fn once<Q>(message: Q) -> Result<Request<Q>> {
    let mut request = bounded(message);
    request.metadata_mut().insert("idempotency-key", MetadataValue::try_from(Uuid::new_v4().to_string())?);
    Ok(request)
}

/// The operator's request.
pub(crate) fn of_operator<Q>(mut request: Request<Q>, token: &str) -> Result<Request<Q>> {
    let bearer =
        MetadataValue::try_from(format!("Bearer {token}")).context("the token is not printable ASCII")?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(request)
}

/// The answer, after a line with what `show` makes of it. A failure is a code in the answer; what is refused before its
/// call begins is a gRPC status. The numbers are the same.
pub(crate) fn told<A: Answer>(
    rpc: &str,
    answer: Result<Response<A>, Status>,
    show: impl FnOnce(&A) -> String,
) -> Result<A> {
    let (metadata, answer, _) = answer.map_err(|status| refused(rpc, &status))?.into_parts();
    if answer.code() != 0 {
        bail!("{rpc}: {} {}{}", answer.code(), answer.msg(), ids(&metadata));
    }
    println!("{rpc}: {}{}", show(&answer), ids(&metadata));
    Ok(answer)
}

fn refused(rpc: &str, status: &Status) -> anyhow::Error {
    anyhow!("{rpc}: {} {}{}", status.code() as i32, status.message(), ids(status.metadata()))
}

fn ids(metadata: &MetadataMap) -> String {
    let found: Vec<_> = IDS.iter().filter_map(|name| metadata.get(*name)?.to_str().ok()).collect();
    if found.is_empty() { String::new() } else { format!(" ({})", found.join(", ")) }
}
