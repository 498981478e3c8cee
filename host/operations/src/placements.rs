//! Where the resources are that a call names, remembered in front of the table `placement`, so that a read does not ask the
//! database. What is written there is written by `carry`.

use moka::sync::Cache;
use patchbay_core::TenantId;
use patchbay_core::error::Error;
use uuid::Uuid;

use super::Operations;

/// See the module.
pub(super) struct Placements {
    store: Operations,
    known: Cache<(TenantId, Uuid), String>,
}

impl Placements {
    /// Remembers at most so many.
    pub(super) fn new(store: Operations, kept_max: u64) -> Self {
        Self { store, known: Cache::new(kept_max) }
    }

    /// In which region a resource of the tenant is, where that was noted. Only of what a backend named is it remembered: such
    /// an id is never given to another resource. Nor is it remembered that nothing was noted, which may be about to change.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub(super) async fn region(&self, tenant_id: TenantId, resource: &str) -> Result<Option<String>, Error> {
        let Ok(id) = resource.parse::<Uuid>() else { return self.store.placed(tenant_id, resource).await };
        if let Some(region) = self.known.get(&(tenant_id, id)) {
            return Ok(Some(region));
        }
        let region = self.store.placed(tenant_id, resource).await?;
        if let Some(region) = &region {
            self.known.insert((tenant_id, id), region.clone());
        }
        Ok(region)
    }
}
