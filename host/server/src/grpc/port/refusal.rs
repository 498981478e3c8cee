//! Requests that end before their call begins, or at its deadline, and what their callers are told. Failures of calls are
//! told in `handle`.

use http::header::{ACCEPT, ALLOW};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use patchbay_core::error::{Error, Kind};
use tonic::body::Body;
use tonic::{Code, Status};

use super::REQUEST_ID;
use crate::grpc::reply::status;

/// What the libraries' sentences begin with that say what a message is not.
const UNREADABLE: [&str; 2] = ["failed to decode Protobuf message: ", "protocol error: "];
/// The sentence of a message that is larger than allowed when it is unpacked.
const INFLATED: &str = "Error decompressing: size limit";

/// What a caller is told who asks for what there is not.
pub(super) const NO_SUCH_METHOD: &str = "There is no such service or method.";

/// The content type that is taken.
const TAKEN: HeaderValue = HeaderValue::from_static("application/grpc");

/// Why there is no call.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The HTTP method is not POST.
    Method,
    /// The content type is not gRPC's.
    Type,
    /// It speaks gRPC, and is answered so.
    Call(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl Refusal {
    /// The answer, unless it is a refusal of the library, which knows no better than to call everything its own fault.
    /// What calls answered bears their request id.
    pub(super) fn of_library(
        response: Response<Body>,
        message_bytes_max: usize,
    ) -> Result<Response<Body>, Self> {
        let headers = response.headers();
        if headers.contains_key(REQUEST_ID) || !headers.contains_key(Status::GRPC_STATUS) {
            return Ok(response);
        }
        let told = Status::from_header_map(headers).and_then(|status| told(&status, message_bytes_max));
        told.map_or(Ok(response), |error| Err(Self::Call(error)))
    }

    /// Its word in the metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Type => "content-type",
            Self::Call(error) => error.kind().as_str(),
        }
    }

    pub(super) fn response(&self, request_id: &str) -> Response<Body> {
        match self {
            Self::Method => plain(StatusCode::METHOD_NOT_ALLOWED, ALLOW, HeaderValue::from_static("POST")),
            Self::Type => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, ACCEPT, TAKEN),
            Self::Call(error) => status(error, request_id).into_http(),
        }
    }
}

fn plain(status: StatusCode, name: HeaderName, value: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(name, value);
    response
}

/// What a status means that came before the call began; `None` where it says it itself.
fn told(status: &Status, message_bytes_max: usize) -> Option<Error> {
    let said = status.message();
    let too_large = || {
        let told = format!("The request is larger than {message_bytes_max} bytes (grpc.message_bytes_max).");
        Error::new(Kind::Quota, told)
    };
    match status.code() {
        Code::OutOfRange => Some(too_large()),
        Code::ResourceExhausted if said.starts_with(INFLATED) => Some(too_large()),
        Code::Internal => Some(Error::invalid(format!("The request cannot be read: {}.", readable(said)))),
        Code::Unimplemented if said.is_empty() => Some(Error::new(Kind::Unsupported, NO_SUCH_METHOD)),
        Code::DeadlineExceeded => Some(Error::new(Kind::Timeout, said)),
        Code::Unavailable => Some(Error::new(Kind::Busy, said)),
        _ => None,
    }
}

fn readable(said: &str) -> &str {
    let said = UNREADABLE.iter().find_map(|begin| said.strip_prefix(begin)).unwrap_or(said);
    said.trim_end_matches(", while sending request").trim_end_matches('.')
}
