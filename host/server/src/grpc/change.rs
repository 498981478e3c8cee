//! Calls that change something: each is an operation, begun by one plugin call and waited for as long as the caller
//! may. What is changed is in the domains' files, how an operation goes on is `operation`'s affair.

use std::sync::Arc;

use futures::future::BoxFuture;
use patchbay_core::error::Error;
use patchbay_operations::Settled;
use patchbay_runtime::contract::types::{Begun, Context};
use patchbay_runtime::{Accessor, Answer, CallState, Routed};
use patchbay_tenants::auth::Permit;

use super::Api;
use super::answer::Asked;

impl Api {
    /// Begins a change with a function of the service `S`, in the region or, where that is empty, the domain's
    /// first, and tells how the operation stood when the wait was over.
    pub(super) async fn change<S: Routed, F>(
        &self,
        asked: &Asked,
        permit: &Permit,
        region: &str,
        begin: F,
    ) -> Result<Settled, Error>
    where
        F: for<'a> FnOnce(&'a Accessor<CallState>, &'a S::Guest, Context) -> BoxFuture<'a, Answer<Begun>>
            + Send
            + 'static,
    {
        let plugins = Arc::clone(&self.plugins);
        let region = asked.region(region);
        let served = asked.call(permit.clone(), region).served;
        let of = (S::DOMAIN, region, asked.rpc.path);
        let started = self.operations.start(permit, of, asked.once.get(), |call| async move {
            let call = call.served_by(&served);
            plugins.call::<S, _>(call, begin).await
        });
        self.settled(asked, started.await?).await
    }
}
