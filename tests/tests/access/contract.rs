//! Every RPC of the contract that carries an api key, and a request for it. New RPCs are walked over without a change
//! here.

use patchbay_tests::Tenant;
use patchbay_tests::contract::{methods, try_send};
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use tonic::Request;
use tonic::transport::Channel;

/// Whether it is a tenant's, and not the operator's.
pub(crate) fn is_keyed(method: &MethodDescriptor) -> bool {
    method.input().get_field_by_name("apikey").is_some()
}

/// Those that carry an api key.
pub(crate) fn keyed_methods() -> Vec<MethodDescriptor> {
    methods().into_iter().filter(is_keyed).collect()
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

/// Calls the method; `code` and `msg` of the answer. A stream has them in its status.
pub(crate) async fn call(
    channel: &Channel,
    method: &MethodDescriptor,
    message: DynamicMessage,
) -> (i32, String) {
    let answer = match try_send(channel.clone(), method, Request::new(message)).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if method.is_server_streaming() => {
            return (status.code() as i32, status.message().to_owned());
        }
        Err(status) => panic!("{}: {status}", method.full_name()),
    };
    let field = |name: &str| answer.get_field_by_name(name).unwrap().into_owned();
    (field("code").as_i32().unwrap(), field("msg").as_str().unwrap().to_owned())
}
