//! What a plugin may send and what it gets back.
//!
//! Where a request goes is `address`; who it comes from is the business of each kind of upstream.

use std::fmt;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};
use patchbay_core::error::{Error, Kind};

/// How many headers a plugin may set on one request.
const HEADERS_MAX: usize = 64;

/// Room for those that the host adds: credential, request id, and the client's own.
const HOST_HEADERS: usize = 4;

/// The methods of the plugin contract; no other leaves the host.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A method's name as the metrics have it.
pub(super) fn word(method: &Method) -> &'static str {
    const NAMES: [&str; METHODS.len()] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    METHODS.iter().position(|one| one == method).map_or("other", |at| NAMES[at])
}

/// What only the host writes: the credential, the framing, what concerns one connection (RFC 9110, 7.6.1), and what some
/// backends take for the method instead of the method, by which reads are told from changes.
const RESERVED: [HeaderName; 15] = [
    header::HOST,
    header::AUTHORIZATION,
    HeaderName::from_static("x-auth-token"),
    header::CONTENT_LENGTH,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
];

/// What a plugin never sees of an answer: tokens, what concerns one connection, and what says how the answer came and
/// nothing of what it tells. Each header that is passed on costs its guest two texts.
const WITHHELD: [HeaderName; 11] = [
    header::DATE,
    header::SERVER,
    header::VARY,
    header::VIA,
    HeaderName::from_static("x-subject-token"),
    HeaderName::from_static("x-auth-token"),
    header::SET_COOKIE,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The headers in which backends tell their own id of a request: OpenStack's services, S3, and others.
const BACKEND_REQUEST_IDS: [&str; 3] = ["x-openstack-request-id", "x-amz-request-id", "x-request-id"];

/// A request as it leaves. It may be sent several times, and its body is shared by its copies.
pub(super) type Outgoing = http::Request<Bytes>;

/// One request of a plugin. Its `Debug` shows neither query, headers nor body: they may hold a secret.
pub struct Request {
    /// One of the contract's six.
    pub method: Method,
    /// Below the upstream's address; for OpenStack the service type comes first.
    pub path: String,
    /// As the plugin set them.
    pub headers: Vec<(String, String)>,
    /// Nothing at all, or these bytes.
    pub body: Option<Vec<u8>>,
    /// At most the upstream's own limit, which holds when this is absent.
    pub timeout: Option<Duration>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        let bytes = self.body.as_ref().map_or(0, Vec::len);
        write!(f, "Request {{ {} {path}, {bytes} bytes }}", self.method)
    }
}

impl Request {
    /// The request as it leaves, but for what the upstream adds itself.
    ///
    /// # Errors
    /// [`Kind::Invalid`], for the log only: a method outside the contract, a header that is no header or the
    /// host's to set, too many of them, or a body over `body_bytes_max`.
    pub(super) fn outgoing(self, to: Uri, body_bytes_max: usize) -> Result<Outgoing, Error> {
        let invalid = |cause: String| Error::hidden(Kind::Invalid, anyhow!(cause));
        if !METHODS.contains(&self.method) {
            return Err(invalid(format!("the method {} is not in the contract", self.method)));
        }
        if self.body.as_ref().is_some_and(|body| body.len() > body_bytes_max) {
            return Err(invalid(format!("the body is over the limit of {body_bytes_max} bytes")));
        }
        let headers = checked(&self.headers).map_err(invalid)?;
        let mut request = Outgoing::new(self.body.unwrap_or_default().into());
        *request.method_mut() = self.method;
        *request.uri_mut() = to;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn checked(headers: &[(String, String)]) -> Result<HeaderMap, String> {
    if headers.len() > HEADERS_MAX {
        return Err(format!("more than {HEADERS_MAX} headers"));
    }
    let mut map = HeaderMap::with_capacity(headers.len() + HOST_HEADERS);
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|_| format!("{name:?} is no header's name"))?;
        if RESERVED.contains(&name) {
            return Err(format!("the header {name} is the host's to set"));
        }
        // `HeaderValue` refuses line breaks. The value stays out of the message: it may be a secret.
        let value = HeaderValue::try_from(value).map_err(|_| format!("the value of {name} is not one"))?;
        map.append(name, value);
    }
    Ok(map)
}

/// What a backend answered. Its `Debug` shows neither headers nor body.
pub struct Response {
    /// Any status, 100 to 999.
    pub status: u16,
    /// Names in lower case; without tokens, cookies and what concerns one connection.
    pub headers: Vec<(String, String)>,
    /// At most the upstream's `body_bytes_max`.
    pub body: Vec<u8>,
}

impl Response {
    /// The backend's own id of the request, where it tells one.
    #[must_use]
    pub fn backend_request_id(&self) -> Option<&str> {
        let value = |wanted: &&str| self.headers.iter().find(|(name, _)| name == wanted);
        BACKEND_REQUEST_IDS.iter().find_map(value).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response {{ {}, {} bytes }}", self.status, self.body.len())
    }
}

/// A backend's whole answer, as the host sees it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Whether it says that it is JSON, as what a service of OpenStack says itself.
    pub(super) fn is_json(&self) -> bool {
        let is = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/json");
        self.headers.get(header::CONTENT_TYPE).is_some_and(is)
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let shown = answer.headers.iter().filter(|(name, _)| !WITHHELD.contains(name));
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = shown.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        Self { status: answer.status.as_u16(), headers, body: answer.body }
    }
}
