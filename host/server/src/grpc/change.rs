//! Calls that change something: each is an operation, begun by one plugin call and waited for as long as the caller
//! may. What is changed is in the domains' files; `patchbay-operations` carries the operation on.

use std::sync::Arc;

use patchbay_core::error::Error;
use patchbay_operations::Settled;
use patchbay_runtime::contract::types::Begun;
use patchbay_runtime::{Body, Routed};
use patchbay_tenants::auth::Permit;

use super::Api;
use super::handle::RpcContext;

impl Api {
    /// Begins a change with a function of the service `S`, in the region or, where that is empty, the domain's
    /// first, and tells how the operation stood when the wait was over.
    pub(super) async fn change<S: Routed>(
        &self,
        asked: &RpcContext,
        permit: &Permit,
        region: &str,
        begin: impl Body<S, Begun>,
    ) -> Result<Settled, Error> {
        let plugins = Arc::clone(&self.plugins);
        let region = asked.region(region);
        let served = Arc::clone(&asked.served);
        let of = (S::DOMAIN, region, asked.rpc.path);
        let started = self.operations.start(permit, of, asked.once.get(), |call| async move {
            let call = call.served_by(&served);
            plugins.call::<S, _>(call, begin).await
        });
        self.settled(asked, started.await?).await
    }
}
