//! The login at Keystone: a user and a scope become a token and a catalogue.
//!
//! Speaks the Identity API v3 (`POST /v3/auth/tokens`). How long a session is kept and who shares it is `session`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};
use jiff::Timestamp;
use patchbay_core::error::{Error, Kind};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::Account;
use super::address::Base;
use super::breaker::Breaker;
use super::catalogue::{Catalogue, Interface, Service, readable};
use super::message::{Answer, Outgoing};
use super::openstack_config::{Config, User};
use super::token::Session;
use super::transport::{Delivery, Transport};

/// The header in which OpenStack's services are told a caller's id of a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The header in which Keystone hands out a token.
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// Who logs in.
#[derive(Clone, Copy)]
pub(super) enum Identity<'a> {
    /// The tenant's own user, scoped to its project.
    Tenant(&'a dyn Account),
    /// The one that the configuration names.
    User(&'a User),
}

impl Identity<'_> {
    /// What its session is kept under. A configured user is alone in its upstream.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Tenant(account) => account.key(),
            Self::User(_) => "",
        }
    }

    fn password(&self) -> Result<SecretString, Error> {
        match self {
            Self::Tenant(account) => account.password(),
            Self::User(user) => user.password.read().map_err(Error::internal),
        }
    }

    fn body(&self) -> Result<Vec<u8>, Error> {
        let password = self.password()?;
        let password = password.expose_secret();
        let (user, project) = match self {
            Self::Tenant(account) => (
                json!({ "id": account.user_id(), "password": password }),
                json!({ "id": account.project_id() }),
            ),
            Self::User(user) => (
                json!({ "name": user.username, "domain": user.user_domain, "password": password }),
                json!({ "name": user.project, "domain": user.project_domain }),
            ),
        };
        let identity = json!({ "methods": ["password"], "password": { "user": user } });
        let body = json!({ "auth": { "identity": identity, "scope": { "project": project } } });
        serde_json::to_vec(&body).map_err(Error::internal)
    }

    /// A refused tenant may have been disabled; a refused configured user is a mistake in the configuration.
    fn refused_kind(&self) -> Kind {
        match self {
            Self::Tenant(_) => Kind::Denied,
            Self::User(_) => Kind::Internal,
        }
    }
}

/// Why a login brought no session. Shared by all who waited for it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    kind: Kind,
    cause: String,
    /// Keystone itself said no: asking again at once is of no use.
    pub(super) is_final: bool,
}

impl Refusal {
    fn passing(error: &Error) -> Self {
        Self { kind: error.kind(), cause: error.chain(), is_final: false }
    }

    /// The error for one of those who waited.
    pub(super) fn error(&self) -> Error {
        Error::hidden(self.kind, anyhow!("login: {}", self.cause))
    }
}

#[derive(Deserialize)]
struct Body {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    issued_at: String,
    expires_at: String,
    #[serde(default, deserialize_with = "readable")]
    catalog: Vec<Service>,
}

impl Token {
    /// By Keystone's own clock, which need not be this host's.
    fn life(&self) -> anyhow::Result<Duration> {
        let time = |text: &str| text.parse::<Timestamp>().context("a token's time is not RFC 3339");
        let life = time(&self.expires_at)?.duration_since(time(&self.issued_at)?);
        Duration::try_from(life).context("a token ends before it begins")
    }
}

/// One Keystone, for one region of its catalogue.
pub(super) struct Keystone {
    tokens: Uri,
    breaker: Arc<Breaker>,
    region: String,
    interface: Interface,
    refresh_ahead: Duration,
}

impl Keystone {
    /// Takes `auth_url` with or without its `/v3`.
    pub(super) fn new(config: &Config, transport: &Transport) -> anyhow::Result<Self> {
        ensure!(!config.region.is_empty(), "region is empty");
        let base = Base::parse(&config.auth_url).context("auth_url")?;
        let path = if base.last_segment() == "v3" { "auth/tokens" } else { "v3/auth/tokens" };
        Ok(Self {
            tokens: base.join(path).context("auth_url")?,
            breaker: transport.breaker(base.origin()),
            region: config.region.clone(),
            interface: config.interface,
            refresh_ahead: Duration::from_millis(config.refresh_ahead_ms),
        })
    }

    /// Logs in, once. Has the upstream's own time limit, not a caller's: others may wait for the same login.
    pub(super) async fn login(
        &self,
        transport: &Transport,
        identity: Identity<'_>,
        request_id: &HeaderValue,
    ) -> Result<Session, Refusal> {
        let outcome = self.ask(transport, identity, request_id).await;
        let word = match &outcome {
            Ok(_) => "ok",
            Err(refusal) if refusal.is_final => "refused",
            Err(_) => "failed",
        };
        transport.metrics().login(transport.name(), word);
        outcome
    }

    async fn ask(
        &self,
        transport: &Transport,
        identity: Identity<'_>,
        request_id: &HeaderValue,
    ) -> Result<Session, Refusal> {
        let request = self.request(identity, request_id).map_err(|error| Refusal::passing(&error))?;
        let began = Instant::now();
        // A login changes nothing, so it may be repeated although it is a POST.
        let deadline = began + transport.limit();
        let delivery = Delivery { breaker: &self.breaker, deadline, repeatable: true };
        let answer = transport.send(&request, delivery).await;
        let answer = answer.map_err(|failure| Refusal::passing(&failure.into_error(transport.name())))?;
        if answer.status != StatusCode::CREATED {
            return Err(refusal(&answer, identity));
        }
        // What answers so is not Keystone, or Keystone is not itself.
        let unreadable = |cause| Refusal::passing(&Error::hidden(Kind::Unavailable, cause));
        self.session(answer, transport, began).map_err(unreadable)
    }

    fn request(&self, identity: Identity<'_>, request_id: &HeaderValue) -> Result<Outgoing, Error> {
        let mut request = Outgoing::new(identity.body()?.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.tokens.clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(REQUEST_ID, request_id.clone());
        Ok(request)
    }

    fn session(&self, answer: Answer, transport: &Transport, began: Instant) -> anyhow::Result<Session> {
        let Answer { mut headers, body, .. } = answer;
        let mut token = headers.remove(SUBJECT_TOKEN).context("Keystone's answer has no X-Subject-Token")?;
        token.set_sensitive(true);
        // serde's own message may quote the answer.
        let body: Body = serde_json::from_slice(&body).map_err(|error| {
            anyhow!("Keystone's answer is not the expected JSON ({:?})", error.classify())
        })?;
        let life = body.token.life()?;
        let breaker = |origin: &str| transport.breaker(origin);
        let catalogue = Catalogue::new(body.token.catalog, &self.region, self.interface, breaker);
        Ok(Session::new(token, catalogue, began, life, self.refresh_ahead))
    }
}

/// Keystone says no in JSON; what says it otherwise knows nothing of who asks.
fn refusal(answer: &Answer, identity: Identity<'_>) -> Refusal {
    let status = answer.status;
    let is_final = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS && answer.is_json();
    let kind = if is_final { identity.refused_kind() } else { Kind::Unavailable };
    Refusal { kind, cause: format!("Keystone answered {status}"), is_final }
}
