//! The HTTP client of one upstream: pool, TLS, time and size limits, retries and circuit breaker.
//!
//! Knows nothing of credentials and paths; a request comes here ready to leave.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use backon::{ExponentialBuilder, Retryable as _};
use futures::FutureExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use patchbay_telemetry::{Answered, Metrics};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::breaker::{Breaker, Breakers};
use super::client::{self, Client};
use super::encoding;
use super::failure::Failure;
use super::failure_detector::Bounds;
use super::message::{self, Answer, Outgoing};
use super::retry::{self, Ended};
use super::tls::Files;

/// The header in which OpenStack's services tell their own id of a request.
const BACKEND_REQUEST_ID: &str = "x-openstack-request-id";

/// `[upstream.NAME.transport]`: the bounds of one upstream's HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// To make a connection, TLS included.
    pub connect_timeout_ms: u64,
    /// For one request with all its repetitions.
    pub timeout_ms: u64,
    /// Idle connections kept for each address.
    pub pool_idle_max: usize,
    /// How long an idle connection is kept.
    pub pool_idle_timeout_ms: u64,
    /// The largest body, sent or received.
    pub body_bytes_max: usize,
    /// Repetitions, after the first attempt, of what may be repeated.
    pub retries_max: usize,
    /// The wait before the first repetition; doubled for each further one, with jitter.
    pub retry_wait_ms_min: u64,
    /// The longest wait that the host chooses itself; `Retry-After` may ask for more.
    pub retry_wait_ms_max: u64,
    /// Failures in a row at one address that open its circuit.
    pub breaker_failures: u32,
    /// How long the circuit stays open.
    pub breaker_open_ms: u64,
    /// How long an address answers nobody, while `breaker_failures` callers stop waiting, before those are refused who
    /// would not wait longer.
    pub breaker_silence_ms: u64,
    /// A file of certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The certificate that the host shows, with those between it and its authority (PEM); none where the key is left out.
    pub certificate_file: Option<PathBuf>,
    /// The private key of that certificate (PEM).
    pub key_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 2_000,
            timeout_ms: 30_000,
            pool_idle_max: 256,
            pool_idle_timeout_ms: 30_000,
            body_bytes_max: 8 << 20,
            retries_max: 2,
            retry_wait_ms_min: 50,
            retry_wait_ms_max: 2_000,
            breaker_failures: 5,
            breaker_open_ms: 5_000,
            breaker_silence_ms: 2_000,
            ca_file: None,
            certificate_file: None,
            key_file: None,
        }
    }
}

impl Config {
    fn connections(&self) -> client::Bounds {
        client::Bounds {
            connect: Duration::from_millis(self.connect_timeout_ms),
            idle: Duration::from_millis(self.pool_idle_timeout_ms),
            idle_max: self.pool_idle_max,
        }
    }

    /// The files of its TLS.
    pub(super) fn files(&self) -> Files<'_> {
        Files {
            ca_file: self.ca_file.as_deref(),
            certificate_file: self.certificate_file.as_deref(),
            key_file: self.key_file.as_deref(),
        }
    }

    fn retries(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(Duration::from_millis(self.retry_wait_ms_min))
            .with_max_delay(Duration::from_millis(self.retry_wait_ms_max))
            .with_max_times(self.retries_max)
    }
}

/// How one request is to be sent.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    /// That of the address.
    pub(super) breaker: &'a Breaker,
    /// No attempt goes on past it, and none begins that would.
    pub(super) deadline: Instant,
    /// Whether doing it twice does no harm.
    pub(super) repeatable: bool,
}

/// The client of one upstream.
pub(super) struct Transport {
    name: Arc<str>,
    client: Client,
    retries: ExponentialBuilder,
    breakers: Breakers,
    body_bytes_max: usize,
    limit: Duration,
    metrics: Arc<Metrics>,
}

impl Transport {
    pub(super) fn new(name: &str, config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        ensure!(config.timeout_ms > 0, "timeout_ms is 0");
        ensure!(config.breaker_failures > 0, "breaker_failures is 0");
        ensure!(config.breaker_silence_ms > 0, "breaker_silence_ms is 0");
        let limit = Duration::from_millis(config.timeout_ms);
        let bounds = Bounds {
            calls: config.breaker_failures,
            silent_min: Duration::from_millis(config.breaker_silence_ms),
            open: Duration::from_millis(config.breaker_open_ms),
            limit,
        };
        Ok(Self {
            name: name.into(),
            client: client::of(&config.connections(), config.files())?,
            retries: config.retries(),
            breakers: Breakers::new(bounds),
            body_bytes_max: config.body_bytes_max,
            limit,
            metrics: metrics.clone(),
        })
    }

    /// The upstream's configured name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The largest body, sent or received.
    pub(super) fn body_bytes_max(&self) -> usize {
        self.body_bytes_max
    }

    /// For one request with all its repetitions.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// The breaker of a scheme, host and port.
    pub(super) fn breaker(&self, origin: &str) -> Arc<Breaker> {
        self.breakers.of(origin)
    }

    /// When a request that begins now has to be over: the earliest of the caller's deadline, the plugin's limit
    /// and the upstream's.
    pub(super) fn deadline(&self, caller: Instant, plugin: Option<Duration>) -> Instant {
        let limit = plugin.map_or(self.limit, |limit| limit.min(self.limit));
        caller.min(Instant::now() + limit)
    }

    /// Sends the request until it is answered or there is no use or time in trying again. A status that says
    /// "later" is the answer when no attempt is left.
    pub(super) async fn send(&self, request: &Outgoing, to: Delivery<'_>) -> Result<Answer, Failure> {
        let outcome = (|| self.attempt(request, to))
            .retry(self.retries)
            .when(|ended| ended.is_worth_repeating(to.repeatable))
            .adjust(|ended, planned| {
                let wait = planned?.max(ended.asked_wait().unwrap_or_default());
                Instant::now().checked_add(wait).filter(|then| *then < to.deadline).map(|_| wait)
            })
            .await;
        match outcome {
            Ok(answer) | Err(Ended::RetryableResponse(answer)) => Ok(answer),
            Err(Ended::Failed(failure)) => Err(failure),
        }
    }

    async fn attempt(&self, request: &Outgoing, to: Delivery<'_>) -> Result<Answer, Ended> {
        let began = Instant::now();
        if !to.breaker.permits(to.deadline.saturating_duration_since(began)) {
            return Err(Ended::Failed(Failure::Open));
        }
        let exchange = self.exchange(request, to.breaker);
        let outcome = timeout_at(to.deadline, exchange).await.unwrap_or(Err(Failure::Timeout));
        let took = began.elapsed();
        self.judge(&outcome, took, to.breaker);
        self.observe(request, &outcome, took);
        match outcome {
            Ok(answer) if retry::says_later(&answer) => Err(Ended::RetryableResponse(answer)),
            outcome => outcome.map_err(Ended::Failed),
        }
    }

    async fn exchange(&self, request: &Outgoing, breaker: &Breaker) -> Result<Answer, Failure> {
        // An attempt uses up its request.
        let head = self.client.request(request.clone().map(Full::new)).boxed();
        let (head, body) = breaker.detector.watch(head).response().await?.into_parts();
        let body = whole(body, self.body_bytes_max).await?;
        encoding::unpacked(Answer { status: head.status, headers: head.headers, body }, self.body_bytes_max)
    }

    /// Tells the breaker. A time limit shorter than the upstream's own, chosen by a caller or a plugin, proves nothing by
    /// itself; what many of them prove is found out in `failure_detector`.
    fn judge(&self, outcome: &Result<Answer, Failure>, took: Duration, breaker: &Breaker) {
        match outcome {
            Ok(_) | Err(Failure::TooLarge(_) | Failure::Garbled(_)) => breaker.on_success(),
            Err(Failure::Unreachable(_) | Failure::Broken(_)) => breaker.on_error(),
            Err(Failure::Timeout) if took >= self.limit => breaker.on_error(),
            Err(Failure::Timeout | Failure::Open) => {}
        }
    }

    fn observe(&self, request: &Outgoing, outcome: &Result<Answer, Failure>, took: Duration) {
        let (method, status) = (
            message::word(request.method()),
            match outcome {
                Ok(answer) => Answered::Status(answer.status.as_u16()),
                Err(failure) => Answered::Failure(failure.as_str()),
            },
        );
        self.metrics.upstream(&self.name, method, status, took);
        debug!(
            upstream = &*self.name,
            method,
            path = request.uri().path(),
            %status,
            ms = took.as_secs_f64() * 1e3,
            backend_request_id = outcome.as_ref().ok().and_then(backend_request_id),
            "upstream"
        );
    }
}

/// All of a body, once it has come.
async fn whole(mut body: Incoming, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let announced = body.size_hint().exact();
    if announced.is_some_and(|bytes| bytes > bytes_max as u64) {
        return Err(Failure::TooLarge(bytes_max));
    }
    let mut whole = Vec::with_capacity(announced.unwrap_or(0) as usize);
    // What has come whole is not waited for to end.
    while announced != Some(whole.len() as u64)
        && let Some(frame) = body.frame().await
    {
        let Ok(chunk) = frame.map_err(|error| Failure::Broken(Box::new(error)))?.into_data() else {
            continue;
        };
        if whole.len() + chunk.len() > bytes_max {
            return Err(Failure::TooLarge(bytes_max));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

fn backend_request_id(answer: &Answer) -> Option<&str> {
    answer.headers.get(BACKEND_REQUEST_ID)?.to_str().ok()
}
