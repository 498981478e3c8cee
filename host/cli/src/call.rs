//! `patchbay call`: any RPC of a running host from the command line.
//!
//! It knows no service: methods and messages come from the host's own reflection, so it can call what
//! was added after it was built. It shares nothing with the server but this binary.

mod codec;
mod method;
mod reflection;
mod request;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
pub use codec::DynamicCodec;
use futures::future::BoxFuture;
use method::Method;
use patchbay_core::text::{escaped, escaped_json};
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Value;
use tonic::{Code, Response, Streaming};

use crate::client::{Target, note, refused};

/// What to call, with what, where.
#[derive(Debug, clap::Args)]
pub struct CallArgs {
    /// As `instance.InstanceService/GetInstance`; the package may be left out where one service has the name.
    method: String,
    /// The request as JSON with the field names of the proto file; `-` reads it from standard input.
    #[arg(default_value = "{}")]
    json: String,
    /// Request metadata as `key:value`; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "KEY:VALUE")]
    headers: Vec<String>,
    /// Print only this field of the answer, as plain text: `apikey`, `instance.instance_id`, `flavors.0.flavor_id`;
    /// may be repeated, a line each.
    #[arg(long, value_name = "FIELD")]
    get: Vec<String>,
    #[command(flatten)]
    target: Target,
    /// Seconds that one answer may take; a stream may last for ever.
    #[arg(long, default_value_t = 60)]
    timeout: u64,
}

/// Calls the method and prints each answer as JSON, or the fields asked for, to standard output;
/// the request and operation ids go to standard error.
///
/// Fails, in a sentence for people: host not reachable, service or method unknown (naming those that exist), bad
/// JSON, a gRPC status other than OK, or an answer whose `code` is not 0.
pub fn call(args: CallArgs) -> BoxFuture<'static, Result<()>> {
    Box::pin(async { run(args, &mut std::io::stdout()).await })
}

async fn run(args: CallArgs, out: &mut impl Write) -> Result<()> {
    let channel = args.target.connect().await?;
    let method = Method::find(&channel, &args.method).await?;
    let mut request = request::build(&method, &args)?;
    if !method.is_streaming() {
        request.set_timeout(Duration::from_secs(args.timeout));
    }
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.context("the host closed the connection")?;
    let codec = DynamicCodec::new(method.output());
    // On the wire a unary answer is a stream of one message.
    let answer =
        client.server_streaming(request, method.path()?, codec).await.map_err(|status| refused(&status))?;
    print_all(answer, &args.get, out).await
}

async fn print_all(
    answer: Response<Streaming<DynamicMessage>>,
    fields: &[String],
    out: &mut impl Write,
) -> Result<()> {
    let (metadata, mut messages, _) = answer.into_parts();
    note(&metadata);
    let mut code = 0;
    while let Some(message) = messages.message().await.map_err(|status| refused(&status))? {
        print(&message, fields, out)?;
        code = code_of(&message);
    }
    if code != 0 {
        bail!("the answer's code is {code} ({:?})", Code::from(code));
    }
    Ok(())
}

fn print(message: &DynamicMessage, fields: &[String], out: &mut impl Write) -> Result<()> {
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    if fields.is_empty() {
        // Not by way of a `Value`, which would forget the order of the proto file.
        let mut json = Vec::new();
        message.serialize_with_options(&mut serde_json::Serializer::pretty(&mut json), &options)?;
        writeln!(out, "{}", escaped_json(std::str::from_utf8(&json)?))?;
    } else {
        let value = message.serialize_with_options(serde_json::value::Serializer, &options)?;
        fields.iter().try_for_each(|field| print_field(&value, field, out))?;
    }
    Ok(out.flush()?)
}

fn print_field(answer: &Value, field: &str, out: &mut impl Write) -> Result<()> {
    match answer.pointer(&format!("/{}", field.replace('.', "/"))) {
        Some(Value::String(text)) => writeln!(out, "{}", escaped(text))?,
        Some(value) => writeln!(out, "{}", escaped_json(&value.to_string()))?,
        None => bail!("the answer has no field {field}: {}", escaped_json(&answer.to_string())),
    }
    Ok(())
}

/// 0 where the message has no `code`: it is not one of the platform's.
fn code_of(message: &DynamicMessage) -> i32 {
    message.get_field_by_name("code").and_then(|value| value.as_i32()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
