//! Requests to a backend and their answers. Address, credential, retry and time limits are the host's;
//! what a status means is said in `openstack::status`.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::bindings::common::patchbay::host::upstream as host;
use crate::error::kind;

/// All but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request that is being put together.
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    wire: host::Request,
    /// A path segment that no resource can have.
    unroutable: bool,
}

impl Request {
    /// `method` on a path of the upstream that the route calls `upstream`. Each segment is one name or id
    /// and is percent-encoded, so that nothing in an id reaches another path.
    pub fn new(upstream: &str, method: &str, segments: &[&str]) -> Self {
        let mut path = String::with_capacity(96);
        for (at, segment) in segments.iter().enumerate() {
            if at > 0 {
                path.push('/');
            }
            encode(&mut path, segment);
        }
        let unroutable = segments.iter().any(|segment| matches!(*segment, "" | "." | ".."));
        let (upstream, method) = (upstream.into(), method.into());
        let wire =
            host::Request { upstream, method, path, headers: Vec::new(), body: None, timeout_ms: None };
        Self { wire, unroutable }
    }

    /// A word that the backend takes for something else than an id where an id stands last in the path.
    pub(crate) fn reserved(mut self, word: &str) -> Self {
        self.unroutable |= self.wire.path.rsplit('/').next() == Some(word);
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        let path = &mut self.wire.path;
        path.push(if path.contains('?') { '&' } else { '?' });
        encode(path, name);
        path.push('=');
        encode(path, &value.to_string());
        self
    }

    /// Gives it a query as a backend wrote it, instead of what it had.
    pub fn raw_query(mut self, query: &str) -> Self {
        let end = self.wire.path.find('?').unwrap_or(self.wire.path.len());
        self.wire.path.truncate(end);
        self.wire.path.extend(["?", query]);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.wire.headers.push((name.into(), value.into()));
        self
    }

    /// Gives it a JSON body.
    ///
    /// # Errors
    /// "internal" if `body` cannot be written as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(body).map_err(|e| Error::hidden(kind::INTERNAL, e))?;
        self.wire.body = Some(bytes);
        Ok(self.header("Content-Type", "application/json"))
    }

    /// The first segment of its path: of OpenStack the service's type.
    pub(crate) fn service(&self) -> &str {
        self.wire.path.split('/').next().unwrap_or_default()
    }

    /// Whether it changes nothing.
    pub(crate) fn reads(&self) -> bool {
        self.wire.method == "GET"
    }

    /// Sends it. Any status is an answer.
    ///
    /// # Errors
    /// Those of the host (see `upstream.send` in `wit/host`); "not-found" for an id that cannot be one.
    pub async fn send(self) -> Result<Response, Error> {
        if self.unroutable {
            return Err(Error::hidden(kind::NOT_FOUND, format_args!("no resource at {}", self.wire.path)));
        }
        host::send(self.wire).await.map(Response)
    }
}

/// A backend's answer.
pub struct Response(host::Response);

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The first header of this name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as JSON; `T` may borrow from it.
    ///
    /// # Errors
    /// "unavailable" if it is something else: what answered is not the backend, or the backend is not itself.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_slice(&self.0.body).map_err(|e| Error::unreadable("answer", e))
    }
}

/// Appends `text` with everything but RFC 3986's unreserved characters percent-encoded.
pub fn encode(path: &mut String, text: &str) {
    path.extend(utf8_percent_encode(text, ENCODED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        let request = Request::new("openstack", "GET", &["compute", "servers", "../x?a=b&c/ü"]);
        assert_eq!(request.wire.path, "compute/servers/..%2Fx%3Fa%3Db%26c%2F%C3%BC");
        assert!(!request.unroutable);
    }

    #[test]
    fn dots_and_nothing_are_no_ids() {
        for id in ["", ".", ".."] {
            assert!(Request::new("openstack", "GET", &["compute", "servers", id]).unroutable, "{id:?}");
        }
    }

    /// Of every character there is: they have every byte of UTF-8.
    #[test]
    fn all_but_the_unreserved_is_encoded() {
        for character in char::MIN..=char::MAX {
            let (mut path, text) = (String::new(), character.to_string());
            encode(&mut path, &text);
            if character.is_ascii_alphanumeric() || "-._~".contains(character) {
                assert_eq!(path, text);
            } else {
                let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
                assert_eq!(path, bytes.collect::<Vec<_>>().concat());
            }
        }
    }

    #[test]
    fn a_backends_own_query_takes_the_place_of_another() {
        let request = Request::new("array", "GET", &["api", "x"]).query("a", 1).raw_query("start=2&b=%2F");
        assert_eq!(request.wire.path, "api/x?start=2&b=%2F");
    }

    #[test]
    fn query_parameters_are_joined_and_encoded() {
        let request =
            Request::new("openstack", "GET", &["image", "v2"]).query("limit", 5).query("a b", "c=d");
        assert_eq!(request.wire.path, "image/v2?limit=5&a%20b=c%3Dd");
    }
}
