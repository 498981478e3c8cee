//! What operators do with tenants that are there: look, another api key, suspend, resume. Each takes the proof that the operator
//! may; how tenants come about is in `registrar` of `patchbay-operations`.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::TenantId;
use patchbay_core::error::Error;
#[cfg(doc)]
use patchbay_core::error::Kind;
use secrecy::SecretString;

use super::auth::{Operator, scope};
use super::{Config, Standing, Tenants};

/// See the module.
#[derive(Debug)]
pub struct Administration {
    tenants: Arc<Tenants>,
    overlap: Duration,
    overlap_max: Duration,
}

impl Administration {
    /// Of these tenants.
    #[must_use]
    pub fn new(tenants: Arc<Tenants>, config: &Config) -> Self {
        let [overlap, overlap_max] =
            [config.key_overlap_ms, config.key_overlap_ms_max].map(Duration::from_millis);
        Self { tenants, overlap, overlap_max }
    }

    /// How one active tenant stands.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: there is none. [`Kind::Unavailable`]: the database does not answer.
    pub async fn get(&self, _: &Operator<scope::Read>, id: TenantId) -> Result<Standing, Error> {
        self.tenants.standing(id).await
    }

    /// A page of the active tenants, in the order of their ids; `number` begins at 1. Where `name` is not empty, only the one
    /// that is called so.
    ///
    /// # Errors
    /// [`Kind::Unavailable`]: the database does not answer.
    pub async fn list(
        &self,
        _: &Operator<scope::Read>,
        name: &str,
        page: (u32, u32),
    ) -> Result<Vec<Standing>, Error> {
        self.tenants.standings(name, page).await
    }

    /// Gives the tenant another api key, which is told once, and how long the one that it had holds beside it: as long as is
    /// wanted, or as is configured. A key from before that one holds no longer.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: there is none. [`Kind::Invalid`]: more than `tenant.key_overlap_ms_max`. [`Kind::Unavailable`]: the
    /// database does not answer.
    pub async fn rotate_key(
        &self,
        _: &Operator<scope::Tenants>,
        id: TenantId,
        overlap: Option<Duration>,
    ) -> Result<(SecretString, Duration), Error> {
        let overlap = overlap.unwrap_or(self.overlap);
        if overlap > self.overlap_max {
            return Err(Error::invalid("overlap_ms is more than tenant.key_overlap_ms_max."));
        }
        Ok((self.tenants.rotate(id, overlap).await?, overlap))
    }

    /// Refuses the tenant's calls from now on, on other hosts within `tenant.cache_ttl_ms`. What goes on goes on.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: there is none. [`Kind::Unavailable`]: the database does not answer.
    pub async fn suspend(&self, _: &Operator<scope::Tenants>, id: TenantId) -> Result<Standing, Error> {
        self.tenants.suspend(id, true).await?;
        self.tenants.standing(id).await
    }

    /// Takes the tenant's calls again.
    ///
    /// # Errors
    /// As [`Administration::suspend`].
    pub async fn resume(&self, _: &Operator<scope::Tenants>, id: TenantId) -> Result<Standing, Error> {
        self.tenants.suspend(id, false).await?;
        self.tenants.standing(id).await
    }
}
