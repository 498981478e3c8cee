//! Where a request goes: a base address, and a plugin's path below it.
//!
//! The one rule here: no path leads out of its base. Which base it is, the caller knows.

use anyhow::{Context as _, anyhow, ensure};
use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use patchbay_core::error::{Error, Kind};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};
use url::{Position, Url};

/// The longest path and query that a plugin may ask for, in bytes.
const PATH_BYTES_MAX: usize = 8192;

/// How often a path may be percent-encoded. No backend's path is more than twice.
const ENCODINGS_MAX: usize = 8;

/// What is encoded where it stands in a path, as browsers and all clients that follow them do it (URL Standard, 1.3).
const PATH: &AsciiSet = &QUERY.add(b'?').add(b'^').add(b'`').add(b'{').add(b'}');

/// The same in a query, to a server of HTTP.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// An `http` or `https` address that paths are put below. It is read once; what is put below it is not looked at for a host
/// again, for it cannot change that.
#[derive(Debug, Clone)]
pub(super) struct Base {
    scheme: Scheme,
    authority: Authority,
    /// All of it as text, without its last slash.
    text: String,
    /// Where the path begins in it.
    path: usize,
}

impl Base {
    /// Reads an address.
    ///
    /// # Errors
    /// It is not `http` or `https`, or has user information, a query or a fragment.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        // The text stays out of the message: a password may have been put where it does not belong.
        let url = Url::parse(text).map_err(|error| anyhow!("not an address: {error}"))?;
        ensure!(matches!(url.scheme(), "http" | "https"), "an address begins with http:// or https://");
        ensure!(
            url.username().is_empty() && url.password().is_none(),
            "an address holds no user or password"
        );
        ensure!(url.query().is_none() && url.fragment().is_none(), "a base address has no query or fragment");
        let path = url[..Position::BeforePath].len();
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            scheme: url.scheme().parse()?,
            authority: url.authority().parse().context("not an address")?,
            path: path.min(text.len()),
            text,
        })
    }

    /// The address, without a slash at its end.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The segments of its path.
    pub(super) fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path().split('/').filter(|segment| !segment.is_empty())
    }

    /// Scheme, host and port: what is up or down as one.
    pub(super) fn origin(&self) -> &str {
        &self.text[..self.path]
    }

    /// The last segment, as `v2.1` or a project's id.
    pub(super) fn last_segment(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// Its path without the last slash: empty, or with one in front.
    fn path(&self) -> &str {
        &self.text[self.path..]
    }

    /// The address of `path`, which may have a query, below this one.
    ///
    /// # Errors
    /// [`Kind::Invalid`], for the log only, when the path is none or would lead out of the base.
    pub(super) fn join(&self, path: &str) -> Result<Uri, Error> {
        let invalid = |why: &str| Error::hidden(Kind::Invalid, anyhow!("a plugin's path {why}"));
        let path = path.strip_prefix('/').unwrap_or(path);
        check(path).map_err(invalid)?;
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(self.below(path).map_err(|_| invalid("makes no address"))?);
        Uri::from_parts(parts).map_err(|_| invalid("makes no address"))
    }

    fn below(&self, path: &str) -> Result<PathAndQuery, http::uri::InvalidUri> {
        let (segments, query) =
            path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut text = String::with_capacity(self.path().len() + path.len() + 1);
        text.extend([self.path(), "/"]);
        text.extend(utf8_percent_encode(segments, PATH));
        if let Some(query) = query {
            text.push('?');
            text.extend(utf8_percent_encode(query, QUERY));
        }
        PathAndQuery::from_maybe_shared(Bytes::from(text))
    }
}

fn check(path: &str) -> Result<(), &'static str> {
    let (before_query, _) = path.split_once('?').unwrap_or((path, ""));
    if path.len() > PATH_BYTES_MAX {
        return Err("is too long");
    }
    if path.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b'\\' | b'#')) {
        return Err("has a control character, a backslash or a fragment");
    }
    if path.starts_with('/') || before_query.contains("://") {
        return Err("names a host");
    }
    if has_dot_segment(before_query) {
        return Err("has a . or .. segment, or is encoded too often");
    }
    Ok(())
}

/// Also when written with `%2e` and `%2f`, or with `%252e`: some servers decode first and resolve then, and a proxy before
/// one may have decoded already.
fn has_dot_segment(path: &str) -> bool {
    let has_dots = |bytes: &[u8]| bytes.split(|byte| matches!(byte, b'/' | b'\\')).any(is_dots);
    if !path.contains('%') {
        return has_dots(path.as_bytes());
    }
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..=ENCODINGS_MAX {
        if has_dots(&bytes) {
            return true;
        }
        let decoded = plain_dots(percent_decode(&bytes).collect());
        if decoded.len() == bytes.len() {
            return false;
        }
        bytes = decoded;
    }
    true
}

/// `.` or `..`, with whatever a server may take away before it looks: path parameters (`..;a=b`), white space and zero
/// bytes around it.
fn is_dots(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
    let begin = name.iter().position(|byte| *byte > b' ').unwrap_or(name.len());
    let end = name.iter().rposition(|byte| *byte > b' ').map_or(begin, |last| last + 1);
    matches!(&name[begin..end], b"." | b"..")
}

/// A dot and a slash as older decoders read them: in two bytes where UTF-8 has one.
fn plain_dots(mut bytes: Vec<u8>) -> Vec<u8> {
    while let Some(at) = bytes.windows(2).position(|pair| matches!(pair, [0xc0, 0xae | 0xaf])) {
        let plain = if bytes[at + 1] == 0xae { b'.' } else { b'/' };
        bytes.splice(at..at + 2, [plain]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_below_the_base() {
        let base = Base::parse("http://Cloud.example:8774/v2.1/").unwrap();
        let url = |path| base.join(path).unwrap().to_string();
        assert_eq!(url("servers/detail?limit=1"), "http://cloud.example:8774/v2.1/servers/detail?limit=1");
        assert_eq!(url("/servers"), "http://cloud.example:8774/v2.1/servers");
        assert_eq!(url(""), "http://cloud.example:8774/v2.1/");
        assert_eq!(url("servers?name=../x"), "http://cloud.example:8774/v2.1/servers?name=../x");
        assert_eq!(base.origin(), "http://cloud.example:8774");
        assert_eq!(base.last_segment(), "v2.1");
        assert_eq!(Base::parse("http://cloud.example").unwrap().origin(), "http://cloud.example");
    }

    #[test]
    fn no_path_leaves_its_base() {
        let base = Base::parse("http://cloud.example/v2.1").unwrap();
        for path in [
            "../os-services",
            "servers/../../admin",
            "servers/%2e%2E/%2e./x",
            "servers/..%2fx",
            "servers/.%2e%5Cx",
            "servers/%252e%252e/x",
            "servers/%25252E%25252e/x",
            "servers/%252e%252e%252fx",
            &format!("servers/%{}2e%2e/x", "25".repeat(ENCODINGS_MAX + 1)),
            "servers/..;/x",
            "servers/..;a=b/x",
            "servers/%2e%2e%3bv=1/x",
            "servers/.;x/y",
            "servers/..%00/x",
            "servers/..%20/x",
            "servers/%c0%ae%c0%ae/x",
            "servers/..%c0%afx",
            "./x",
            "//evil.example/x",
            "///evil.example",
            "http://evil.example/",
            "servers\\..\\x",
            "servers\r\nX-Auth-Token: a",
            "servers\tx",
            "servers#x",
            "..",
        ] {
            let error = base.join(path).unwrap_err();
            assert_eq!(error.kind(), Kind::Invalid, "{path:?}");
            assert_eq!(error.message(), Kind::Invalid.default_message());
        }
        assert!(base.join(&"x".repeat(PATH_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_name_may_have_dots_and_percent_signs() {
        let base = Base::parse("http://cloud.example").unwrap();
        for path in [
            "b/a..b",
            "b/...",
            "b/..a;b",
            "b/100%25",
            "b/%25zz",
            "b/%2525",
            "b/x;..",
            "b/x%3b/y",
            "b/%c3%a9.",
        ] {
            let url = base.join(path).unwrap();
            assert_eq!(url.to_string(), format!("http://cloud.example/{path}"));
        }
        assert!(base.join("b/x?marker=%252e%252e/..;").is_ok(), "a query names no place");
    }

    #[test]
    fn a_base_holds_no_secret() {
        for text in [
            "http://admin:swordfish@cloud.example/v3",
            "ftp://cloud.example",
            "cloud.example",
            "http://c/?a=b",
        ] {
            let error = Base::parse(text).unwrap_err();
            assert!(!format!("{error:#} {error:?}").contains("swordfish"));
        }
    }
}
