//! Any RPC of the contract, called by its name with JSON, as its descriptors tell it.

use std::sync::LazyLock;

use patchbay_cli::call::DynamicCodec;
use patchbay_core::OperationId;
use patchbay_proto::DESCRIPTORS;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, SerializeOptions};
use serde_json::Value;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// Every method of the contract's services.
///
/// # Panics
/// If the contract cannot be read.
#[must_use]
pub fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).expect("descriptors");
    let ours = pool.services().filter(|service| !service.full_name().starts_with("grpc."));
    ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// What an RPC answered.
#[derive(Debug)]
pub struct Answer {
    /// 0 or why not.
    pub code: i64,
    /// The sentence.
    pub msg: String,
    /// The whole message, by the names of the proto file.
    pub body: Value,
    /// From `x-operation-id`.
    pub operation: Option<OperationId>,
}

/// Calls `rpc`, as "vpc.VpcService/CreateVpc", with a request of these fields.
///
/// # Panics
/// If there is no such RPC, the request does not fit it, or the host went away.
pub async fn call(host: Channel, rpc: &str, request: &Value) -> Answer {
    let method = method(rpc);
    let answer = ask(host, &method, Request::new(message(&method, request))).await;
    answer.unwrap_or_else(|status| panic!("{rpc}: {status}"))
}

/// The RPC of this name, as "vpc.VpcService/CreateVpc".
///
/// # Panics
/// If there is none.
#[must_use]
pub fn method(rpc: &str) -> MethodDescriptor {
    static METHODS: LazyLock<Vec<MethodDescriptor>> = LazyLock::new(methods);
    let found = METHODS.iter().find(|method| path(method)[1..] == *rpc);
    found.unwrap_or_else(|| panic!("the contract has no {rpc}")).clone()
}

/// The method's request with these fields.
///
/// # Panics
/// If they do not fit it.
#[must_use]
pub fn message(method: &MethodDescriptor, fields: &Value) -> DynamicMessage {
    let message = DynamicMessage::deserialize(method.input(), fields);
    message.unwrap_or_else(|error| panic!("{} with {fields}: {error}", method.full_name()))
}

/// What the method answers to a request with metadata.
///
/// # Errors
/// The status that there is instead, as that of a host that went away.
///
/// # Panics
/// If the answer has no code.
pub async fn ask(
    host: Channel,
    method: &MethodDescriptor,
    request: Request<DynamicMessage>,
) -> Result<Answer, Status> {
    let (metadata, message, _) = try_send(host, method, request).await?.into_parts();
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    let body = message.serialize_with_options(serde_json::value::Serializer, &options).expect("JSON");
    Ok(Answer {
        code: body["code"].as_i64().expect("a code"),
        msg: body["msg"].as_str().expect("a sentence").to_owned(),
        operation: operation(&metadata),
        body,
    })
}

/// Calls the method with this message.
///
/// # Panics
/// If the host answers with a gRPC status, or not at all.
pub async fn send(
    host: Channel,
    method: &MethodDescriptor,
    message: DynamicMessage,
) -> Response<DynamicMessage> {
    let answer = try_send(host, method, Request::new(message)).await;
    answer.unwrap_or_else(|status| panic!("{}: {status}", method.full_name()))
}

/// The same for a request with metadata, with the status that the host may answer; of a stream only the first message.
///
/// # Errors
/// The status; UNAVAILABLE where there is no host.
///
/// # Panics
/// If the method's name cannot be a path.
pub async fn try_send(
    host: Channel,
    method: &MethodDescriptor,
    request: Request<DynamicMessage>,
) -> Result<Response<DynamicMessage>, Status> {
    let path: PathAndQuery = path(method).parse().expect("a path");
    let mut client = tonic::client::Grpc::new(host);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    client.unary(request, path, DynamicCodec::new(method.output())).await
}

/// As "/vpc.VpcService/CreateVpc".
#[must_use]
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// From an answer's metadata.
#[must_use]
pub fn operation(metadata: &MetadataMap) -> Option<OperationId> {
    metadata.get("x-operation-id")?.to_str().ok()?.parse().ok()
}
