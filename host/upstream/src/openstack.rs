//! Upstreams of kind `openstack`: one region of a cloud, as a tenant or as a configured user.
//!
//! Puts the parts together: session, catalogue, transport. What a service's answers mean is its plugin's business.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use patchbay_core::error::{Error, Kind};
use patchbay_telemetry::Metrics;
use tokio::time::{Instant, timeout_at};

use super::address::Base;
use super::catalogue::Endpoint;
use super::failure::Failure;
use super::keystone::{Identity, Keystone, REQUEST_ID};
use super::message::{Answer, Outgoing, Request, Response};
use super::openstack_config::{Config, Credential};
use super::session::{Login, Sessions};
use super::token::Session;
use super::transport::{Delivery, Transport};
use super::{Caller, catalogue, discovery, retry};

/// The header in which a service is shown the token.
const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// One region of a cloud.
pub(super) struct Openstack {
    credential: Credential,
    keystone: Keystone,
    sessions: Sessions,
    transport: Transport,
}

impl Openstack {
    pub(super) fn new(name: &str, config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        ensure!(config.sessions_max > 0, "sessions_max is 0");
        if let Credential::User(user) = &config.credential {
            // Read again at each login, so that it can change; looked at here, so that a missing one shows early.
            user.password.read().context("credential.password")?;
        }
        let transport = Transport::new(name, &config.transport, metrics)?;
        Ok(Self {
            credential: config.credential.clone(),
            keystone: Keystone::new(config, &transport)?,
            sessions: Sessions::new(config),
            transport,
        })
    }

    /// A service that itself answers 401 has its token replaced, once; what it answers to the new one stands, 401
    /// or not, because Keystone has just confirmed who is asking.
    pub(super) async fn send(&self, caller: &Caller<'_>, request: Request) -> Result<Response, Error> {
        let deadline = self.transport.deadline(caller.deadline, request.timeout);
        let request_id = HeaderValue::try_from(caller.request_id).map_err(Error::internal)?;
        let login = self.login(caller, &request_id)?;
        let mut session = self.within(deadline, self.sessions.get(login)).await?;
        // What is rare is in boxes of its own: each call would move the room for it.
        if session.catalogue.resolve(&request.path).is_err() {
            let renewed = async { Ok(self.sessions.renew(session, login).await) };
            session = Box::pin(self.within(deadline, renewed)).await?;
        }
        let (endpoint, rest) = session.catalogue.resolve(&request.path)?;
        let base = match endpoint.base() {
            Some(base) => base,
            // Another call may be asking, with more time than this one.
            None => {
                Box::pin(self.within(deadline, endpoint.found(self.discover(endpoint, deadline)))).await?
            }
        };
        let to = catalogue::below(base, rest)?;
        let repeatable = retry::repeatable(&request.method);
        let delivery = Delivery { breaker: &endpoint.breaker, deadline, repeatable };
        let mut outgoing = request.outgoing(to, self.transport.body_bytes_max())?;
        outgoing.headers_mut().insert(REQUEST_ID, request_id.clone());
        let answer = self.exchange(&mut outgoing, &session, delivery).await?;
        if !is_of_the_token(&answer) {
            self.tell_strange(endpoint, &answer);
            return Ok(answer.into());
        }
        let again = async {
            let next = self.within(deadline, self.sessions.replace(&session, login)).await?;
            self.exchange(&mut outgoing, &next, delivery).await.map(Response::from)
        };
        Box::pin(again).await
    }

    /// Asks the service for the address of a version, which everybody may. Where it lists none that fits, its address is taken
    /// as the catalogue has it, as OpenStack's clients do: what answers there is told apart by the answer.
    async fn discover(&self, endpoint: &Endpoint, deadline: Instant) -> Result<Base, Error> {
        let (base, wanted) = endpoint.unversioned();
        let Ok(url) = discovery::root(base).and_then(|root| Ok(root.join("")?)) else {
            return Ok(base.clone());
        };
        let mut versions = Outgoing::default();
        *versions.uri_mut() = url;
        let delivery = Delivery { breaker: &endpoint.breaker, deadline, repeatable: true };
        let answer = self.transport.send(&versions, delivery).await;
        let answer = answer.map_err(|failure| failure.into_error(self.transport.name()))?;
        let found = match answer.status {
            // Some services answer with several choices where they list their versions.
            StatusCode::OK | StatusCode::MULTIPLE_CHOICES => discovery::versioned(base, wanted, &answer.body),
            // It may be itself a moment later.
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                let place = format!("upstream {}: the versions at {}", self.transport.name(), base.as_str());
                return Err(Error::hidden(
                    Kind::Unavailable,
                    anyhow!("the answer is {status}").context(place),
                ));
            }
            status => Err(anyhow!("the answer is {status}")),
        };
        Ok(found.unwrap_or_else(|why| {
            let (upstream, endpoint) = (self.transport.name(), endpoint.address());
            tracing::warn!(upstream, endpoint, "no list of versions, its address is taken as it is: {why:#}");
            base.clone()
        }))
    }

    /// A service says why not in JSON. Where something else says so, the catalogue's address may be wrong, or a proxy is.
    fn tell_strange(&self, endpoint: &Endpoint, answer: &Answer) {
        if answer.status.is_client_error() && !answer.is_json() && endpoint.is_to_be_told() {
            let (upstream, endpoint) = (self.transport.name(), endpoint.address());
            tracing::warn!(upstream, endpoint, "not the service answers at its address: {}", answer.status);
        }
    }

    fn login<'a>(&'a self, caller: &'a Caller<'_>, request_id: &'a HeaderValue) -> Result<Login<'a>, Error> {
        let identity = match (&self.credential, caller.account) {
            (Credential::User(user), _) => Identity::User(user),
            (Credential::Tenant(_), Some(account)) => Identity::Tenant(account),
            (Credential::Tenant(_), None) => {
                let name = self.transport.name();
                return Err(Error::internal(anyhow!(
                    "upstream {name} is for tenants, and the call has none"
                )));
            }
        };
        Ok(Login { keystone: &self.keystone, transport: &self.transport, identity, request_id })
    }

    async fn within<T>(
        &self,
        deadline: Instant,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let late = || Err(Failure::Timeout.into_error(self.transport.name()));
        timeout_at(deadline, work).await.unwrap_or_else(|_| late())
    }

    async fn exchange(
        &self,
        outgoing: &mut Outgoing,
        session: &Session,
        delivery: Delivery<'_>,
    ) -> Result<Answer, Error> {
        outgoing.headers_mut().insert(AUTH_TOKEN, session.token.clone());
        let answer = self.transport.send(outgoing, delivery).await;
        answer.map_err(|failure| failure.into_error(self.transport.name()))
    }
}

/// Whether a service does not accept the token: it says who gives another. A proxy's 401 is about something else.
fn is_of_the_token(answer: &Answer) -> bool {
    let names_keystone = |value: &HeaderValue| value.as_bytes().starts_with(b"Keystone");
    answer.status == StatusCode::UNAUTHORIZED
        && answer.headers.get_all(WWW_AUTHENTICATE).iter().any(names_keystone)
}
