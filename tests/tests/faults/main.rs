//! A cloud that misbehaves: the caller gets a definite code, the host goes on, and nothing is left or leaks.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod backend;
mod catalogue;
mod files;
mod full_disk;
mod health;
mod instance;
mod leak;
mod login;
mod postgres;
mod tenant;
mod twice;

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::Tenant;
use serde_json::{Value, json};
use tonic::transport::Channel;

/// ListFlavors' code and sentence.
async fn flavors(host: Channel, tenant: &Tenant) -> (i32, String) {
    let request: ListFlavorsReq = tenant.request();
    let answer = FlavorServiceClient::new(host).list_flavors(request).await.expect("an answer").into_inner();
    (answer.code, answer.msg)
}

/// A body as Nova writes it: no fault here is told by the body alone.
fn body(status: u16, message: &str) -> Value {
    json!({"computeFault": {"code": status, "message": message}})
}
