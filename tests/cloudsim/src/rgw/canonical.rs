//! What a signature signs: the request in the one form that both sides write. Whose signature it is and whether it
//! is the right one is in `signature`.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use crate::call::Call;

/// In the place of the body's hash where the body is not signed.
pub(super) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// The one parameter that cannot be signed.
pub(super) const SIGNATURE: &str = "X-Amz-Signature";
/// All but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The request as it was signed.
pub(super) fn request(call: &Call, signed_headers: &str) -> String {
    let value = |name: &str| call.header(name).unwrap_or_default().trim().to_owned();
    let headers = signed_headers.split(';').map(|name| format!("{name}:{}\n", value(name)));
    let headers = headers.collect::<String>();
    [&*call.method, &path(call), &query(call), &headers, signed_headers, payload(call)].join("\n")
}

/// The body's hash as the client names it.
pub(super) fn payload(call: &Call) -> &str {
    call.header("x-amz-content-sha256").unwrap_or(UNSIGNED)
}

/// In hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A name or a value with all that is not plain encoded.
pub(super) fn encoded(text: &[u8]) -> String {
    percent_encode(text, ENCODED).to_string()
}

/// What was encoded, as text.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn path(call: &Call) -> String {
    let segments = call.path.split('/').map(|segment| encoded(decoded(segment).as_bytes()));
    segments.collect::<Vec<_>>().join("/")
}

/// Ordered by name, then value; joined texts sort otherwise.
fn query(call: &Call) -> String {
    let pairs = call.query_pairs().filter(|(name, _)| *name != SIGNATURE);
    let mut pairs: Vec<_> =
        pairs.map(|(name, value)| (encoded(name.as_bytes()), encoded(value.as_bytes()))).collect();
    pairs.sort();
    let pairs = pairs.into_iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}
