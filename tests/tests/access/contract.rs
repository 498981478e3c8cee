//! The contract as its descriptors tell it, and calls of any of its RPCs. New RPCs are walked over without a
//! change here.

use patchbay::call::DynamicCodec;
use patchbay::proto::DESCRIPTORS;
use patchbay_tests::Tenant;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MethodDescriptor, Value};
use tonic::Request;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

/// Every method of the contract's services.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let ours = pool.services().filter(|service| !service.full_name().starts_with("grpc."));
    ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// Those that carry an api key.
pub(crate) fn keyed_methods() -> Vec<MethodDescriptor> {
    methods().into_iter().filter(|method| method.input().get_field_by_name("apikey").is_some()).collect()
}

/// A tenant's request in which every resource is named, each by an id of its own; with the ids.
pub(crate) fn request(
    method: &MethodDescriptor,
    tenant: &Tenant,
    user: &str,
) -> (DynamicMessage, Vec<String>) {
    let mut message = DynamicMessage::new(method.input());
    message.set_field_by_name("apikey", Value::String(tenant.apikey.clone()));
    message.set_field_by_name("tenant_id", Value::String(tenant.id.clone()));
    message.set_field_by_name("platform_userid", Value::String(user.to_owned()));
    let mut named = Vec::new();
    for field in method
        .input()
        .fields()
        .filter(|field| field.kind() == Kind::String && is_resource(method, field.name()))
    {
        let id = format!("the-{}", field.name());
        let value = Value::String(id.clone());
        message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
        named.push(id);
    }
    named.sort();
    (message, named)
}

/// Whether a field names something that exists already.
fn is_resource(method: &MethodDescriptor, field: &str) -> bool {
    let is_id = ["_id", "_ids", "_ref", "_uuid", "_uid"].iter().any(|end| field.ends_with(end));
    let is_bucket = field == "bucket_name" && method.name() != "CreateUserAndBucket";
    field != "tenant_id" && (is_id || is_bucket)
}

/// Calls the method; `code` and `msg` of the answer.
pub(crate) async fn call(
    channel: &Channel,
    method: &MethodDescriptor,
    message: DynamicMessage,
) -> (i32, String) {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path: PathAndQuery = path.parse().unwrap();
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let answer = client.unary(Request::new(message), path, DynamicCodec::new(method.output())).await;
    let answer = answer.unwrap_or_else(|status| panic!("{}: {status}", method.full_name())).into_inner();
    let field = |name: &str| answer.get_field_by_name(name).unwrap().into_owned();
    (field("code").as_i32().unwrap(), field("msg").as_str().unwrap().to_owned())
}
