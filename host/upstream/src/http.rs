//! Upstreams of kind `http`: any REST backend below one address, with one credential for all.
//!
//! What the backend's answers mean is its plugin's business.

use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use patchbay_core::error::Error;
use patchbay_core::secret::SecretSource;
use patchbay_telemetry::Metrics;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer, ser};

use super::backend::Backend;
use super::message::{Outgoing, Request, Response};
use super::{Caller, transport};

/// `[upstream.NAME]` with `kind = "http"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where paths begin, as `https://array.example/api`.
    pub base_url: String,
    /// How the host shows who it is.
    #[serde(default)]
    pub credential: Credential,
    /// The bounds of its HTTP.
    #[serde(default)]
    pub transport: transport::Config,
}

/// How the host shows who it is. Secrets are read once, when the upstream is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Credential {
    /// Not at all.
    #[default]
    None,
    /// By a user name and a password (RFC 7617).
    Basic {
        /// The user's name, without a colon.
        username: String,
        /// The user's password.
        password: SecretSource,
    },
    /// By a bearer token (RFC 6750).
    Bearer {
        /// The token.
        token: SecretSource,
    },
    /// By a header of the backend's own.
    Header {
        /// The header's name, as `x-api-key`.
        name: String,
        /// The header's value.
        value: SecretSource,
    },
}

/// None is the only one that is ever written: where a default is told.
impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            _ => Err(ser::Error::custom("a credential is not written")),
        }
    }
}

impl Credential {
    fn header(&self) -> anyhow::Result<Option<(HeaderName, HeaderValue)>> {
        let (name, text) = match self {
            Self::None => return Ok(None),
            Self::Basic { username, password } => {
                let pair = SecretString::from(format!("{username}:{}", password.read()?.expose_secret()));
                let coded = BASE64.encode(pair.expose_secret());
                (AUTHORIZATION, SecretString::from(format!("Basic {coded}")))
            }
            Self::Bearer { token } => {
                (AUTHORIZATION, SecretString::from(format!("Bearer {}", token.read()?.expose_secret())))
            }
            Self::Header { name, value } => (HeaderName::try_from(name).context("name")?, value.read()?),
        };
        let mut value =
            HeaderValue::try_from(text.expose_secret()).context("the credential is no header's value")?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }
}

/// One REST backend.
pub(super) struct Http {
    credential: Option<(HeaderName, HeaderValue)>,
    backend: Backend,
}

impl Http {
    pub(super) fn new(name: &str, config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        let backend = Backend::new(name, &config.base_url, &config.transport, metrics)?;
        Ok(Self { credential: config.credential.header().context("credential")?, backend })
    }

    pub(super) async fn send(&self, caller: &Caller<'_>, request: Request) -> Result<Response, Error> {
        let authorize = |outgoing: &mut Outgoing| {
            if let Some((name, value)) = &self.credential {
                outgoing.headers_mut().insert(name, value.clone());
            }
            Ok(())
        };
        self.backend.send(caller, request, authorize).await.map(Response::from)
    }
}
