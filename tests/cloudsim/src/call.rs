//! One request as a service sees it, and what a service answers. Routing, state and faults are elsewhere.

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A request below one service's prefix, its body read.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Below the service's prefix: "/v2.1/servers".
    pub(crate) path: String,
    query: Vec<(String, String)>,
    /// As it was sent, for links that repeat it.
    pub(crate) query_text: String,
    headers: HeaderMap,
    pub(crate) body: Bytes,
    /// `req-` and a UUID: this request's own id, sent back and kept with what the request begins.
    pub(crate) request_id: String,
}

impl Call {
    pub(crate) fn new(parts: Parts, path: String, body: Bytes) -> Self {
        Self {
            method: parts.method.as_str().to_owned(),
            path,
            query: query_pairs(&parts.uri),
            query_text: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            request_id: format!("req-{}", Uuid::new_v4()),
        }
    }

    /// The path's parts, without empty ones at either end.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.trim_matches('/').split('/').filter(|s| !s.is_empty()).collect()
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a query parameter.
    pub(crate) fn query_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn query_names(&self) -> impl Iterator<Item = &str> {
        self.query.iter().map(|(key, _)| key.as_str())
    }

    /// Every parameter of the query, as it was meant.
    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The same with those parameters of the query alone whose names `stay`.
    pub(crate) fn with_only(&self, stay: impl Fn(&str) -> bool) -> Self {
        let mut call = self.clone();
        call.query.retain(|(name, _)| stay(name));
        call
    }

    /// Every header whose name begins with this.
    pub(crate) fn headers_with(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let named = self.headers.iter().filter(move |(name, _)| name.as_str().starts_with(prefix));
        named.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// A header's value; absent where it is not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// On whose behalf the caller says that it asks.
    pub(crate) fn caller_request_id(&self) -> Option<&str> {
        self.header("x-openstack-request-id").or_else(|| self.header("x-request-id"))
    }

    /// The body as JSON; `None` where it is not.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

fn query_pairs(uri: &Uri) -> Vec<(String, String)> {
    if uri.query().is_none() {
        return Vec::new();
    }
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

/// What goes back: status, headers, whole body.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::with_capacity(8),
            body: Bytes::new(),
        }
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut answer = Self::empty(status);
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.body = body.into();
        answer
    }

    pub(crate) fn json<T: Serialize>(status: u16, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => Self::text(status, "application/json", bytes),
            Err(error) => Self::text(500, "text/plain", error.to_string()),
        }
    }

    /// Adds a header; a value that HTTP cannot carry is left out.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// A link of a resource, or to the next page.
#[derive(Serialize)]
pub(crate) struct Link {
    pub(crate) rel: &'static str,
    pub(crate) href: String,
}

/// Why a service refuses. Each service writes it in its own shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The name that Neutron, or the code that ONTAP puts beside the message; empty elsewhere.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, kind: "", message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, message)
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }
}

/// What a route gives.
pub(crate) type Outcome = Result<Answer, Refusal>;
