//! The request of `patchbay call`: JSON to a message, flags to metadata.

use std::io::Read;

use anyhow::{Context, Result};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Request;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};

use super::CallArgs;
use super::method::Method;

/// How much of standard input is read, in bytes; more than a host takes by default.
const STDIN_BYTES_MAX: u64 = 16 << 20;

/// Fails where the JSON does not fit the method's request (naming the fields that it has) or a header is malformed.
pub(super) fn build(method: &Method, args: &CallArgs) -> Result<Request<DynamicMessage>> {
    let json = if args.json == "-" { stdin()? } else { args.json.clone() };
    let mut request = Request::new(message(&json, &method.input())?);
    for header in &args.headers {
        let (key, value) = parse(header).with_context(|| header_hint(header))?;
        request.metadata_mut().append(key, value);
    }
    args.target.bearer()?.sign(&mut request);
    Ok(request)
}

fn stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text).context("standard input")?;
    Ok(text)
}

fn message(json: &str, descriptor: &MessageDescriptor) -> Result<DynamicMessage> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(descriptor.clone(), &mut reader)
        .and_then(|message| reader.end().map(|()| message));
    message.with_context(|| {
        let fields: Vec<_> = descriptor.fields().map(|field| field.name().to_owned()).collect();
        format!("the JSON is not a {}, which has the fields {}", descriptor.full_name(), fields.join(", "))
    })
}

fn parse(header: &str) -> Result<(AsciiMetadataKey, AsciiMetadataValue)> {
    let (key, value) = header.split_once(':').context("there is no colon")?;
    Ok((key.trim().to_ascii_lowercase().parse()?, value.trim().parse()?))
}

/// Names the header without its value, which may be a secret.
fn header_hint(header: &str) -> String {
    let key = header.split(':').next().unwrap_or_default();
    format!("the header {key:?} is not key:value in printable ASCII")
}
