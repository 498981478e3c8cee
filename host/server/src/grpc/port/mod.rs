//! The gRPC port: connections come in, each request goes through the same few steps, and what has no request in it is
//! closed in time. What a call does is in its domain's file.

mod answer;
mod arrival;
mod connection;
mod deadline;
mod form;
mod load;
mod refusal;
mod services;
mod stream;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use patchbay_core::error::{Error, Kind};
use patchbay_proto::Rpc;
use patchbay_telemetry::Metrics;
use patchbay_tenants::auth::Subject;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;

use self::answer::Answer;
use self::arrival::Arrivals;
use self::deadline::Deadline;
use self::load::{Load, Weight};
use self::refusal::{NO_SUCH_METHOD, Refusal};
pub(super) use self::services::Services;
use super::Config;
use super::request_id::{new_request_id, request_id};
use crate::listen::{Bounds, InFlight, Listener};
use crate::tls::Security;

/// The id under which the log tells of a call; the caller's own, where it is one.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Which part of its greatest age a connection may be short of: those that came together do not all come back together.
const AGE_SPREAD: u64 = 10;

/// A request that is let in, as the services find it among its extensions.
#[derive(Clone)]
pub(super) struct Admitted {
    /// Absent: the contract does not have it.
    pub(super) rpc: Option<&'static Rpc>,
    /// Until when it may take.
    pub(super) deadline: Instant,
    pub(super) client: Client,
    /// What it takes of the host.
    pub(super) weight: Arc<Weight>,
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    /// By its certificate, where it has shown one.
    pub(super) subject: Option<Subject>,
}

/// The port, and what all its connections share.
pub(super) struct Port {
    services: Services,
    config: Arc<Config>,
    security: Security,
    metrics: Arc<Metrics>,
    arrivals: Arc<Arrivals>,
    load: Arc<Load>,
    /// No new connections and calls.
    stopping: CancellationToken,
    /// A little later: no waiting for messages any more.
    closing: CancellationToken,
}

impl Port {
    pub(super) fn new(
        services: Services,
        config: Arc<Config>,
        security: Security,
        metrics: Arc<Metrics>,
        stopping: CancellationToken,
    ) -> Self {
        let closing = CancellationToken::new();
        let arrivals = Arc::new(Arrivals::new(&config, metrics.waiting().clone(), closing.clone()));
        let load = Arc::new(Load::new(&config, Arc::clone(&metrics)));
        Self { services, config, security, metrics, arrivals, load, stopping, closing }
    }

    /// Accepts until the host stops; then until the last call in flight has its answer.
    pub(super) async fn serve(self, listener: TcpListener) {
        let port = Arc::new(self);
        let bounds = Bounds {
            connections_max: port.config.connections_max,
            per_address_max: port.config.connections_per_address_max,
        };
        let mut listener = Listener::new(listener, "grpc", bounds, Arc::clone(&port.metrics));
        let connections = TaskTracker::new();
        loop {
            let (tcp, peer, place) = tokio::select! {
                biased;
                () = port.stopping.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            connections.spawn(connection::serve(Arc::clone(&port), tcp, peer, place));
        }
        // Who comes now is refused by the system at once.
        drop(listener);
        connections.close();
        tokio::select! {
            () = connections.wait() => return,
            () = tokio::time::sleep(port.grace()) => port.closing.cancel(),
        }
        connections.wait().await;
    }

    /// One request, from its headers to its answer. Many of these may wait for a message, so each holds little.
    fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        client: Client,
        mut in_flight: InFlight,
    ) -> BoxFuture<'static, Result<Response<Answer>, h2::Error>> {
        let id = identify(request.headers_mut());
        let weight = Arc::new(self.load.weigh());
        let admitted = self.admit(&mut request, client, &weight);
        let (parts, body) = request.into_parts();
        let parts = Box::new(parts);
        Box::pin(async move {
            let answered = match admitted {
                Ok(deadline) => self.carry(parts, body, deadline, (&mut in_flight, &weight)).await,
                Err(refusal) => Err(refusal),
            };
            let mut response = answered.unwrap_or_else(|refusal| self.refuse(&refusal, &id));
            response.headers_mut().entry(REQUEST_ID).or_insert(id);
            Ok(response.map(|body| Answer::new(body, in_flight, weight)))
        })
    }

    /// The steps that take no time.
    fn admit(
        &self,
        request: &mut Request<Incoming>,
        client: Client,
        weight: &Arc<Weight>,
    ) -> Result<Deadline, Refusal> {
        form::check(request)?;
        let deadline = Deadline::read(request.headers(), &self.config)?;
        let rpc = Rpc::of_path(request.uri().path());
        request.extensions_mut().insert(Admitted {
            rpc,
            deadline: deadline.at,
            client,
            weight: Arc::clone(weight),
        });
        Ok(deadline)
    }

    /// Those that wait: for the message, and for the answer.
    async fn carry(
        &self,
        parts: Box<Parts>,
        body: Incoming,
        deadline: Deadline,
        (in_flight, weight): (&mut InFlight, &Arc<Weight>),
    ) -> Result<Response<Body>, Refusal> {
        let body = Arrivals::begin(&self.arrivals, body, deadline, Arc::clone(weight)).await?;
        in_flight.work();
        if parts.extensions.get::<Admitted>().is_some_and(|admitted| admitted.rpc.is_some()) {
            weight.call()?;
        }
        let call = self.services.answer(Request::from_parts(*parts, body));
        let call = call.ok_or_else(|| Error::new(Kind::Unsupported, NO_SUCH_METHOD))?;
        let response = Box::pin(deadline.bound(call)).await?.unwrap_or_else(|never| match never {});
        Refusal::of_library(response, self.config.message_bytes_max)
    }

    fn refuse(&self, refusal: &Refusal, id: &HeaderValue) -> Response<Body> {
        self.metrics.refused(refusal.reason());
        tracing::debug!(request_id = ?id, reason = refusal.reason(), "refused");
        refusal.response(id.to_str().unwrap_or_default())
    }

    /// A connection whose handshake failed, or did not end in time.
    fn insecure(&self, peer: SocketAddr, error: &io::Error) {
        self.metrics.refused("tls");
        tracing::debug!(%peer, %error, "no TLS");
    }

    /// How old a connection may become.
    fn age_max(&self) -> Duration {
        let longest = self.config.connection_age_ms_max;
        Duration::from_millis(rand::random_range(longest - longest / AGE_SPREAD..=longest))
    }

    /// How long a connection lasts on which nothing may begin any more: as long as a call and its answer. What lasts longer
    /// is watched.
    fn calls_max(&self) -> Duration {
        let Config { call_ms_max, answer_margin_ms, answer_ms_max, .. } = *self.config;
        Duration::from_millis(call_ms_max.saturating_add(answer_margin_ms).saturating_add(answer_ms_max))
    }

    /// How long what is no call yet may go on when its end has come.
    fn grace(&self) -> Duration {
        Duration::from_millis(self.config.close_ms_max)
    }
}

/// Gives the request the id that its answer bears.
fn identify(headers: &mut HeaderMap) -> HeaderValue {
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).and_then(request_id);
    let id = sent.unwrap_or_else(new_request_id);
    // Letters, digits and hyphens only, as both of them are.
    let id = HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static(""));
    headers.insert(REQUEST_ID, id.clone());
    id
}
