//! AWS Signature Version 4 as S3 wants it: the body's hash signed, the path encoded once.
//!
//! The algorithm is the library's; here is what is given to it, and that the same leaves. Whose key signs is
//! decided in `s3`.

use std::time::SystemTime;

use anyhow::anyhow;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    self, PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode,
};
use aws_sigv4::sign::v4::SigningParams;
use http::Uri;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use patchbay_core::error::{Error, Kind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use url::form_urlencoded;

use super::message::Outgoing;

/// The service's name in what is signed.
const SERVICE: &str = "s3";

/// All but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Brings the address into its canonical form, and adds the headers that prove the key and the time.
///
/// # Errors
/// [`Kind::Invalid`], for the log only: a header or key that cannot be signed because it is not plain ASCII.
pub(super) fn sign(
    request: &mut Outgoing,
    key: &Credentials,
    region: &str,
    time: SystemTime,
) -> Result<(), Error> {
    let invalid = |cause| Error::hidden(Kind::Invalid, cause);
    *request.uri_mut() = canonical(request.uri()).map_err(invalid)?;
    let signed = signature(request, key, region, time).map_err(invalid)?;
    request.headers_mut().extend(signed);
    Ok(())
}

/// What is signed is the canonical form, and some servers take the address as it came: so that form is sent.
fn canonical(address: &Uri) -> anyhow::Result<Uri> {
    let segments =
        address.path().split('/').map(|segment| encoded(&percent_decode_str(segment).collect::<Vec<_>>()));
    let path = segments.collect::<Vec<_>>().join("/");
    let query = address.query().unwrap_or_default();
    let parameters = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (encoded(name.as_bytes()), encoded(value.as_bytes())));
    let mut parameters = parameters.collect::<Vec<_>>();
    // By name, then value; as joined texts `quota-type=` would come before `quota=`.
    parameters.sort();
    let parameters = parameters.into_iter().map(|(name, value)| format!("{name}={value}"));
    let query = parameters.collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    let mut parts = address.clone().into_parts();
    parts.path_and_query = Some(format!("{path}{mark}{query}").try_into()?);
    Ok(Uri::from_parts(parts)?)
}

fn encoded(text: &[u8]) -> String {
    percent_encode(text, ENCODED).to_string()
}

fn signature(
    request: &Outgoing,
    key: &Credentials,
    region: &str,
    time: SystemTime,
) -> anyhow::Result<HeaderMap> {
    let identity = key.clone().into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(settings())
        .build()?;
    let headers = request.headers().iter().map(text).collect::<anyhow::Result<Vec<_>>>()?;
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers.into_iter(),
        SignableBody::Bytes(request.body()),
    )?;
    let (instructions, _) = http_request::sign(signable, &parameters.into())?.into_parts();
    instructions.headers().map(header).collect()
}

fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

fn text<'a>((name, value): (&'a HeaderName, &'a HeaderValue)) -> anyhow::Result<(&'a str, &'a str)> {
    let value =
        value.to_str().map_err(|_| anyhow!("the value of {name} is not plain ASCII: it cannot be signed"))?;
    Ok((name.as_str(), value))
}

fn header((name, value): (&str, &str)) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value)?;
    value.set_sensitive(true);
    Ok((HeaderName::from_bytes(name.as_bytes())?, value))
}
