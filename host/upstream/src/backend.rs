//! A backend with one address below which all paths are, as the kinds `http` and `s3` have it: the way of a request to it.
//!
//! With what a request shows who it comes from is the kind's business.

use std::sync::Arc;

use anyhow::Context as _;
use http::header::{HeaderName, HeaderValue};
use patchbay_core::error::Error;
use patchbay_telemetry::Metrics;

use super::address::Base;
use super::breaker::Breaker;
use super::message::{Answer, Outgoing, Request};
use super::transport::{self, Delivery, Transport};
use super::{Caller, retry};

/// The header in which the backend is told the call's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// See the module.
pub(super) struct Backend {
    base: Base,
    transport: Transport,
    breaker: Arc<Breaker>,
}

impl Backend {
    pub(super) fn new(
        name: &str,
        base_url: &str,
        config: &transport::Config,
        metrics: &Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let transport = Transport::new(name, config, metrics)?;
        let base = Base::parse(base_url).context("base_url")?;
        Ok(Self { breaker: transport.breaker(base.origin()), base, transport })
    }

    /// The upstream's configured name.
    pub(super) fn name(&self) -> &str {
        self.transport.name()
    }

    /// Sends the request once `sign` has shown on it who it comes from.
    pub(super) async fn send(
        &self,
        caller: &Caller<'_>,
        request: Request,
        sign: impl FnOnce(&mut Outgoing) -> Result<(), Error>,
    ) -> Result<Answer, Error> {
        let to = self.base.join(&request.path)?;
        let deadline = self.transport.deadline(caller.deadline, request.timeout);
        let repeatable = retry::repeatable(&request.method);
        let mut outgoing = request.outgoing(to, self.transport.body_bytes_max())?;
        sign(&mut outgoing)?;
        // Behind the signature, which is none of it.
        if let Ok(id) = HeaderValue::try_from(caller.request_id) {
            outgoing.headers_mut().insert(REQUEST_ID, id);
        }
        let delivery = Delivery { breaker: &self.breaker, deadline, repeatable };
        let answer = self.transport.send(&outgoing, delivery).await;
        answer.map_err(|failure| failure.into_error(self.name()))
    }
}
