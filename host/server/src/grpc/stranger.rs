//! Services that need no key, health and reflection. Whoever calls them is a stranger, and may hold a stream open for as
//! long as it likes: so neither all strangers together nor those of one address may have more than so many calls open.

use std::convert::Infallible;
use std::future::ready;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use patchbay_core::share::{Share, Shares};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use super::Config;
use super::port::Admitted;
use crate::held::Held;
use crate::listen::counted;

/// Where a stranger calls from, where that is known.
type Address = Option<IpAddr>;

/// The strangers' calls that are open.
#[derive(Clone)]
pub(super) struct Strangers {
    calls: Arc<Semaphore>,
    addresses: Arc<Shares<Address>>,
}

/// One of them, until its answer has ended.
type Place = (Share<Address>, OwnedSemaphorePermit);

impl Strangers {
    pub(super) fn new(config: &Config) -> Self {
        let calls = Arc::new(Semaphore::new(config.keyless_calls_max.min(Semaphore::MAX_PERMITS)));
        Self { calls, addresses: Shares::new(config.keyless_calls_per_address_max) }
    }

    /// The service, for as many as may call at once.
    pub(super) fn admit<S>(&self, service: S) -> Open<S> {
        Open { service, strangers: self.clone() }
    }

    fn enter(&self, address: Address) -> Result<Place, Status> {
        let own = || Status::resource_exhausted("Too many calls without a key are open from this address.");
        let full = |_| Status::resource_exhausted("Too many calls without a key are open; try again later.");
        let share = self.addresses.take(address).ok_or_else(own)?;
        Ok((share, Arc::clone(&self.calls).try_acquire_owned().map_err(full)?))
    }
}

/// A service that strangers may call.
#[derive(Clone)]
pub(super) struct Open<S> {
    service: S,
    strangers: Strangers,
}

impl<S: NamedService> NamedService for Open<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, M> Service<Request<M>> for Open<S>
where
    S: Service<Request<M>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<M>) -> Self::Future {
        let from =
            request.extensions().get::<Admitted>().map(|admitted| counted(admitted.client.address.ip()));
        let place = match self.strangers.enter(from) {
            Ok(place) => place,
            Err(refused) => return ready(Ok(refused.into_http())).boxed(),
        };
        let held = |body| Body::new(Held::new(body, place));
        self.service.call(request).map(|answer| answer.map(|answer| answer.map(held))).boxed()
    }
}
