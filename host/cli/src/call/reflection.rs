//! Questions to a host's reflection service: which services there are, and how one looks.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use prost_reflect::prost::Message;
use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{DescriptorPool, ServiceDescriptor};
use tonic::transport::Channel;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// How many files one service may be spread over.
const FILES_MAX: usize = 256;

/// The full names of all services, in order.
pub(super) async fn services(channel: &Channel) -> Result<Vec<String>> {
    let MessageResponse::ListServicesResponse(list) =
        ask(channel, MessageRequest::ListServices(String::new())).await?
    else {
        bail!("the host's reflection answered another question");
    };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    Ok(names)
}

/// One service with all the types that its methods use.
pub(super) async fn service(channel: &Channel, name: &str) -> Result<ServiceDescriptor> {
    let mut files = BTreeMap::new();
    let mut wanted = vec![MessageRequest::FileContainingSymbol(name.to_owned())];
    while let Some(question) = wanted.pop() {
        for file in descriptors(channel, question).await? {
            let missing = file.dependency.iter().filter(|name| !files.contains_key(*name));
            wanted.extend(missing.cloned().map(MessageRequest::FileByFilename));
            files.insert(file.name().to_owned(), file);
        }
        ensure!(files.len() <= FILES_MAX, "{name} is spread over more than {FILES_MAX} files");
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files.into_values()).context("the host's reflection is inconsistent")?;
    pool.get_service_by_name(name).with_context(|| format!("the host's reflection does not describe {name}"))
}

async fn descriptors(channel: &Channel, question: MessageRequest) -> Result<Vec<FileDescriptorProto>> {
    let MessageResponse::FileDescriptorResponse(answer) = ask(channel, question).await? else {
        bail!("the host's reflection answered another question");
    };
    let files = answer.file_descriptor_proto.iter();
    files
        .map(|bytes| FileDescriptorProto::decode(bytes.as_slice()).context("a malformed descriptor"))
        .collect()
}

/// A stream a question: a server may end the stream at a question that it cannot answer.
async fn ask(channel: &Channel, question: MessageRequest) -> Result<MessageResponse> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let answers = ServerReflectionClient::new(channel.clone())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .context("the host serves no reflection")?;
    let answer = answers.into_inner().message().await.context("the host's reflection failed")?;
    match answer.and_then(|answer| answer.message_response) {
        Some(MessageResponse::ErrorResponse(error)) => bail!("reflection: {}", error.error_message),
        Some(response) => Ok(response),
        None => bail!("the host's reflection gave no answer"),
    }
}
