//! `upstream`: a plugin's calls to the backends that its route grants. Here are the grant, the call's own bounds and the
//! secrets' placeholders; address, credential and retries are in `patchbay-upstream`.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::error::{Error, Kind};
use patchbay_durable::journal::{self, Entry, Outcome, Sent};
use patchbay_upstream as upstream;
use secrecy::ExposeSecret as _;
use tokio::sync::Semaphore;
use wasmtime::component::{Accessor, HasSelf};

use super::change::reads;
use super::wait::wait;
use crate::context::CallContext;
use crate::contract::common::patchbay::host::upstream::{Host, HostWithStore, Request, Response};
use crate::contract::types;
use crate::grant::{Grant, Granted};
use crate::pending::Begun;
use crate::purpose::Placeholder;
use crate::resources::Resources;
use crate::state::CallState;

impl Host for CallState {}

impl<T: Send> HostWithStore<T> for HasSelf<CallState> {
    async fn send(accessor: &Accessor<T, Self>, request: Request) -> Result<Response, types::Error> {
        let lent = accessor.with(|mut access| {
            let state = access.get();
            if !reads(&request.method) {
                state.may_change("upstream.send")?;
            }
            UpstreamCall::take(state, &request)
        });
        let answer = match lent {
            Ok(lent) => wait(accessor, lent.wait(request)).await,
            Err(error) => Err(error),
        };
        answer.map_err(|error| to_plugin(&error))
    }
}

/// What one upstream call needs of its store, taken out so that the store is free meanwhile.
struct UpstreamCall {
    context: Arc<CallContext>,
    grant: Arc<Grant>,
    resources: Arc<Resources>,
    granted: Granted,
    places: Arc<Semaphore>,
    _begun: Begun,
}

impl UpstreamCall {
    fn take(state: &mut CallState, request: &Request) -> Result<Self, Error> {
        let name = &request.upstream;
        let granted = state.grant.upstreams.get(name).cloned();
        let granted = granted.ok_or_else(|| {
            Error::new(Kind::Unsupported, format!("the upstream `{name}` is not granted to this plugin"))
        })?;
        let begun = state.begin(bytes(request))?;
        Ok(Self {
            context: Arc::clone(&state.context),
            grant: Arc::clone(&state.grant),
            resources: Arc::clone(&state.resources),
            granted,
            places: Arc::clone(&state.upstream_places),
            _begun: begun,
        })
    }

    /// In a box of its own once it has its place: what waits for one takes little more than its request.
    async fn wait(self, request: Request) -> Result<Response, Error> {
        let places = Arc::clone(&self.places);
        let _place = places.acquire().await.map_err(Error::internal)?;
        Box::pin(self.send(request)).await
    }

    async fn send(self, request: Request) -> Result<Response, Error> {
        let request = self.translate(request)?;
        let entry = self.entry(&request)?;
        let answer = self.carried(self.granted.upstream.send(&self.context.permit.caller(), request)).await;
        if let Some(entry) = entry {
            // Before the plugin sees the answer, or that there is none.
            entry.end(outcome(&answer)).await?;
        }
        let response = answer?;
        Ok(Response { status: response.status, headers: response.headers, body: response.body })
    }

    /// The journal's, unless the request only reads.
    fn entry(&self, request: &upstream::Request) -> Result<Option<Entry>, Error> {
        if request.method.is_safe() {
            return Ok(None);
        }
        let Grant { plugin, digest, .. } = &*self.grant;
        let sent = Sent {
            request_id: self.context.permit.request_id().to_owned(),
            operation_id: self.context.purpose.operation().map(|id| id.to_string()),
            tenant_id: self.context.permit.tenant_id(),
            plugin: plugin.clone(),
            digest: digest.as_str().to_owned(),
            upstream: self.granted.name.to_string(),
            method: request.method.to_string(),
            path: journal::masked(&request.path),
        };
        self.resources.journal.enter(sent).map(Some)
    }

    /// What belongs to an operation is sent only as long as this host carries that.
    async fn carried<T>(&self, sent: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match self.context.purpose.lease() {
            Some(lease) => lease.hold(sent).await.map_err(|lost| Error::hidden(Kind::Unavailable, lost))?,
            None => sent.await,
        }
    }

    fn translate(&self, request: Request) -> Result<upstream::Request, Error> {
        let method =
            request.method.parse().map_err(|_| Error::invalid("the method is not an HTTP method"))?;
        let body = match (self.context.purpose.secret(), request.body) {
            (Some(secret), Some(body)) => Some(fill_in(body, secret)),
            (_, body) => body,
        };
        Ok(upstream::Request {
            method,
            path: request.path,
            headers: request.headers,
            body,
            timeout: request.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
        })
    }
}

/// What a request takes in memory, nearly.
fn bytes(request: &Request) -> usize {
    let headers = request.headers.iter();
    let headers = headers.map(|header| size_of_val(header) + header.0.len() + header.1.len());
    let text = request.upstream.len() + request.method.len() + request.path.len();
    text + headers.sum::<usize>() + request.body.as_ref().map_or(0, Vec::len)
}

/// What the journal keeps of an answer, or in its place.
fn outcome(answer: &Result<upstream::Response, Error>) -> Outcome {
    match answer {
        Ok(response) => Outcome::answered(response.status, response.backend_request_id(), &response.body),
        Err(error) => Outcome::failed(upstream::failure_word(error)),
    }
}

/// Puts the secret where the plugin wrote its placeholder.
fn fill_in(body: Vec<u8>, secret: &Placeholder) -> Vec<u8> {
    match String::from_utf8(body) {
        Ok(text) => text.replace(&secret.word, secret.secret.expose_secret()).into_bytes(),
        Err(not_text) => not_text.into_bytes(),
    }
}

/// The host's error in the contract's words. The chain is for the plugin's decisions and the log: it never holds
/// a secret, and is not public.
pub(super) fn to_plugin(error: &Error) -> types::Error {
    types::Error {
        kind: error.kind().as_str().to_owned(),
        message: error.chain(),
        public: false,
        retry_after_ms: error.wait().and_then(|wait| u32::try_from(wait.as_millis()).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_filled_in_wherever_it_stands() {
        let secret = Placeholder { word: "secret-1".into(), secret: "abc".to_owned().into() };
        assert_eq!(fill_in(br#"{"password":"secret-1"}"#.to_vec(), &secret), br#"{"password":"abc"}"#);
        assert_eq!(fill_in(vec![0xff, 0xfe], &secret), vec![0xff, 0xfe]);
    }
}
