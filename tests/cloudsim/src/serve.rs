//! Connections: each request is read, goes through the faults to its service, and its answer is written.

use std::io::{self, Read as _};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Request as HttpRequest, Response, StatusCode, header};
use flate2::Compression;
use flate2::read::GzEncoder;
use futures::stream::{self, StreamExt};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::call::{Answer, Call};
use crate::control::Control;
use crate::control_http;
use crate::fault::Effect;
use crate::query;
use crate::record::Request;
use crate::service::Service;

/// The longest body that is read; an image's upload is the longest there is.
const BODY_BYTES_MAX: usize = 16 << 20;
/// Between two bytes of an answer that never ends.
const ENDLESS_PAUSE: Duration = Duration::from_millis(100);
/// Before the next try where no connection could be accepted, as when there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is behind a listener.
#[derive(Clone, Copy)]
pub(crate) enum Front {
    /// The services of OpenStack by their prefixes, and the control endpoint.
    OpenStack,
    /// One object gateway: its paths begin with a bucket.
    Gateway(Service),
}

/// Accepts until it is dropped; its connections end with it.
pub(crate) async fn accept(listener: &TcpListener, front: Front, control: &Control) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, front, control.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// One connection, request after request.
async fn converse(stream: TcpStream, front: Front, control: Control) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(|request| respond(front, control.clone(), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended");
    }
}

/// An error closes the connection without an answer.
async fn respond(
    front: Front,
    control: Control,
    request: HttpRequest<Incoming>,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(Body::new(body), BODY_BYTES_MAX).await else {
        return Ok(written(Answer::text(413, "text/plain", "the body is too long"), ""));
    };
    if let Front::Gateway(service) = front {
        let path = parts.uri.path().to_owned();
        return with_faults(&control, service, &Call::new(parts, path, body)).await;
    }
    if let Some(path) = parts.uri.path().strip_prefix("/_control") {
        let path = path.to_owned();
        let call = Call::new(parts, path, body);
        return Ok(written(control_http::answer(&control, &call).await, &call.request_id));
    }
    let Some((service, path)) = Service::of_path(parts.uri.path()) else {
        return Ok(written(Answer::text(404, "text/plain", "no service has this path"), ""));
    };
    let path = path.to_owned();
    let call = Call::new(parts, path, body);
    with_faults(&control, service, &call).await
}

/// Counts the call, applies its fault if there is one, asks the service otherwise.
async fn with_faults(control: &Control, service: Service, call: &Call) -> io::Result<Response<Body>> {
    control.record().count(service, &call.method, &call.path);
    let fault = control.faults().take(service, call);
    let (delay_ms, effect) = fault.unwrap_or_default();
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    let answer = match &effect {
        Effect::CloseBefore => None,
        Effect::Status { status, body, headers } => Some(faulty(*status, body, headers.iter())),
        _ => Some(act(control, service, call)).filter(|_| effect != Effect::CloseAfter),
    };
    keep(control, service, call, answer.as_ref());
    if let Effect::Late { delay_ms } = effect {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    let closed = || Err(io::Error::new(io::ErrorKind::ConnectionReset, "closed by a fault"));
    answer.map_or_else(closed, |answer| Ok(spoiled(answer, &effect, &call.request_id)))
}

fn act(control: &Control, service: Service, call: &Call) -> Answer {
    let unfiltered = call.method == "GET" && control.ignores_filters(service);
    let unfiltered = unfiltered.then(|| query::unfiltered(service, call));
    let mut world = control.world();
    world.advance(Timestamp::now());
    service.answer(&mut world, unfiltered.as_ref().unwrap_or(call))
}

fn keep(control: &Control, service: Service, call: &Call, answer: Option<&Answer>) {
    let mut record = control.record();
    if !record.keeps_requests() {
        return;
    }
    let keeps_answers = record.keeps_answers;
    let query = if call.query_text.is_empty() { String::new() } else { format!("?{}", call.query_text) };
    record.keep(Request {
        service,
        method: call.method.clone(),
        path: format!("{}{query}", call.path),
        status: answer.map_or(0, |answer| answer.status.as_u16()),
        caller_request_id: call.caller_request_id().map(str::to_owned),
        answer: answer.filter(|_| keeps_answers).and_then(|answer| serde_json::from_slice(&answer.body).ok()),
    });
}

/// The answer that a fault gives in a service's place.
fn faulty<'a>(status: u16, body: &Value, headers: impl Iterator<Item = (&'a String, &'a String)>) -> Answer {
    let mut answer = match body {
        Value::Null => Answer::empty(status),
        Value::String(text) => Answer::text(status, "text/html; charset=UTF-8", text.clone()),
        body => Answer::json(status, body),
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers.insert(name, value);
        }
    }
    answer
}

/// The answer as the effect lets it arrive.
fn spoiled(mut answer: Answer, effect: &Effect, request_id: &str) -> Response<Body> {
    match effect {
        Effect::Padded { bytes } => written(padded(answer, *bytes), request_id),
        Effect::Malformed => {
            answer.body = answer.body.slice(..answer.body.len() / 2);
            written(answer, request_id)
        }
        Effect::Packed => written(packed(answer), request_id),
        Effect::Edited { pointer, value } => written(edited(answer, pointer, value.as_ref()), request_id),
        Effect::CutBody => {
            let half = answer.body.slice(..answer.body.len() / 2);
            let length = answer.body.len().max(1);
            let mut response = written(answer, request_id);
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            *response.body_mut() = cut_after(half);
            response
        }
        Effect::Endless => {
            let mut response = written(answer, request_id);
            *response.body_mut() = endless();
            response
        }
        _ => written(answer, request_id),
    }
}

/// A 204 has no body that could be longer.
fn padded(mut answer: Answer, bytes: usize) -> Answer {
    if answer.status == StatusCode::NO_CONTENT {
        answer.status = StatusCode::OK;
    }
    answer.body = [&answer.body[..], &vec![b' '; bytes]].concat().into();
    answer
}

fn packed(mut answer: Answer) -> Answer {
    let mut bytes = Vec::new();
    if GzEncoder::new(answer.body.as_ref(), Compression::fast()).read_to_end(&mut bytes).is_ok() {
        answer.body = bytes.into();
        answer.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

/// An answer without that place stays as it is.
fn edited(mut answer: Answer, pointer: &str, value: Option<&Value>) -> Answer {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
    let Some((parent, key)) = pointer.rsplit_once('/') else { return answer };
    let key = key.replace("~1", "/").replace("~0", "~");
    match (body.pointer_mut(parent), value, body_index(&key)) {
        (Some(Value::Object(fields)), None, _) => drop(fields.remove(&key)),
        (Some(Value::Object(fields)), Some(value), _) => {
            if let Some(field) = fields.get_mut(&key) {
                *field = value.clone();
            }
        }
        (Some(Value::Array(items)), None, Some(at)) if at < items.len() => drop(items.remove(at)),
        (Some(Value::Array(items)), Some(value), Some(at)) if at < items.len() => items[at] = value.clone(),
        _ => return answer,
    }
    answer.body = body.to_string().into();
    answer
}

fn body_index(key: &str) -> Option<usize> {
    key.parse().ok()
}

/// These bytes, then an error, which closes the connection.
fn cut_after(bytes: Bytes) -> Body {
    let cut = stream::once(async {
        // Lets the bytes before it reach the socket.
        tokio::time::sleep(ENDLESS_PAUSE).await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut by a fault"))
    });
    Body::from_stream(stream::once(async { Ok(bytes) }).chain(cut))
}

fn endless() -> Body {
    Body::from_stream(stream::repeat(()).then(|()| async {
        tokio::time::sleep(ENDLESS_PAUSE).await;
        Ok::<_, io::Error>(Bytes::from_static(b" "))
    }))
}

fn written(answer: Answer, request_id: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if answer.status == StatusCode::NO_CONTENT {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    // A gateway's answer has an id of its own.
    if response.headers().contains_key("x-amz-request-id") {
        return response;
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-openstack-request-id", id);
    }
    response
}
