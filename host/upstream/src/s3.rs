//! Upstreams of kind `s3`: an object gateway, as Ceph's with S3 and the Admin Ops API at one address.
//!
//! Whose key signs, and with what bounds; how is `sigv4`. What the gateway's answers mean is its plugin's business.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, ensure};
use aws_credential_types::Credentials;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use patchbay_core::error::{Error, Kind};
use patchbay_core::secret::SecretSource;
use patchbay_telemetry::Metrics;
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::backend::Backend;
use super::message::{Outgoing, Request, Response};
use super::{Caller, sigv4, skew, transport};

/// With both, a plugin has one request signed by a user's own key, which the gateway's administrator has shown it.
/// They end here: the gateway gets the signature.
const USER_ACCESS_KEY: HeaderName = HeaderName::from_static("x-s3-access-key");
const USER_SECRET_KEY: HeaderName = HeaderName::from_static("x-s3-secret-key");

/// What only the host writes: the parts of a signature that are headers of their own.
const RESERVED: [HeaderName; 3] = [
    HeaderName::from_static("x-amz-content-sha256"),
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-security-token"),
];

/// `[upstream.NAME]` with `kind = "s3"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where paths begin, as `https://gateway.example`; buckets are the paths' first segments.
    pub base_url: String,
    /// The region's name in signatures.
    pub region: String,
    /// The key of the gateway's administrator, which signs what no user's key signs.
    pub credential: Credential,
    /// The bounds of its HTTP.
    #[serde(default)]
    pub transport: transport::Config,
}

/// A key of the gateway. Read once, when the upstream is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The key's public half.
    pub access_key: SecretSource,
    /// The key's secret half.
    pub secret_key: SecretSource,
}

impl Credential {
    fn read(&self) -> anyhow::Result<Credentials> {
        let access_key = self.access_key.read().context("access_key")?;
        let secret_key = self.secret_key.read().context("secret_key")?;
        Ok(key(access_key.expose_secret(), secret_key.expose_secret()))
    }
}

/// One object gateway.
pub(super) struct S3 {
    region: String,
    key: Credentials,
    backend: Backend,
}

impl S3 {
    pub(super) fn new(name: &str, config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        ensure!(!config.region.is_empty(), "region is empty");
        let backend = Backend::new(name, &config.base_url, &config.transport, metrics)?;
        let key = config.credential.read().context("credential")?;
        Ok(Self { region: config.region.clone(), key, backend })
    }

    pub(super) async fn send(&self, caller: &Caller<'_>, request: Request) -> Result<Response, Error> {
        let answer = self.backend.send(caller, request, |outgoing| self.sign(outgoing)).await?;
        let skewed = skew::refusal(self.backend.name(), &answer, Timestamp::now());
        skewed.map_or_else(|| Ok(answer.into()), Err)
    }

    fn sign(&self, outgoing: &mut Outgoing) -> Result<(), Error> {
        let invalid = |cause| Error::hidden(Kind::Invalid, cause);
        let users = take_users(outgoing.headers_mut()).map_err(invalid)?;
        if let Some(name) = RESERVED.iter().find(|name| outgoing.headers().contains_key(*name)) {
            return Err(invalid(anyhow!("the header {name} is the host's to set")));
        }
        let key = users.as_ref().unwrap_or(&self.key);
        sigv4::sign(outgoing, key, &self.region, SystemTime::now())?;
        // An object gateway refuses a body of unknown length, and what might have one.
        let length = outgoing.body().len();
        outgoing.headers_mut().insert(CONTENT_LENGTH, length.into());
        Ok(())
    }
}

/// The user's key that the plugin names, taken out of the headers.
///
/// # Errors
/// Half a key, or one that is not plain ASCII: never is the administrator's used in its place.
fn take_users(headers: &mut HeaderMap) -> anyhow::Result<Option<Credentials>> {
    match (headers.remove(USER_ACCESS_KEY), headers.remove(USER_SECRET_KEY)) {
        (None, None) => Ok(None),
        (Some(access_key), Some(secret_key)) => {
            let text =
                |value: &HeaderValue| value.to_str().map(str::to_owned).context("a user's key is not ASCII");
            Ok(Some(key(&text(&access_key)?, &text(&secret_key)?)))
        }
        _ => Err(anyhow!("{USER_ACCESS_KEY} and {USER_SECRET_KEY} go together")),
    }
}

fn key(access_key: &str, secret_key: &str) -> Credentials {
    Credentials::new(access_key, secret_key, None, None, "patchbay")
}
