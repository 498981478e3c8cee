//! Credentials that are not known to be right: whoever shows many of them is answered slowly. A right one is never refused for
//! what others showed, for it is still looked at after the wait; and what is known to be right does not come here.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};
use patchbay_core::share::{Share, Shares};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::bucket::{Buckets, Rate};

/// How wrong credentials are slowed down.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Credentials not known to be right that are looked at without delay, in a second, from one address and for one tenant.
    pub per_second: u32,
    /// How many may come at once before that counts.
    pub burst: u32,
    /// How long each one beyond that waits before it is looked at.
    pub delay_ms: u64,
    /// How many of one address wait at once; one more is RESOURCE_EXHAUSTED without having been looked at.
    pub waiting_per_address_max: usize,
    /// Addresses, and tenants, that are remembered.
    pub entries_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            per_second: 20,
            burst: 200,
            delay_ms: 1_000,
            waiting_per_address_max: 256,
            entries_max: 100_000,
        }
    }
}

/// See the module.
pub(super) struct Guesses {
    rate: Rate,
    delay: Duration,
    addresses: Buckets<Option<IpAddr>>,
    tenants: Buckets<TenantId>,
    waiting: Arc<Shares<Option<IpAddr>>>,
}

impl Guesses {
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let rate = Rate::new(config.per_second, config.burst);
        let rate = rate.context("auth.guess.per_second and auth.guess.burst must be at least 1")?;
        ensure!(config.waiting_per_address_max > 0, "auth.guess.waiting_per_address_max must be at least 1");
        Ok(Self {
            rate,
            delay: Duration::from_millis(config.delay_ms),
            addresses: Buckets::new(config.entries_max, rate.refill()),
            tenants: Buckets::new(config.entries_max, rate.refill()),
            waiting: Shares::new(config.waiting_per_address_max),
        })
    }

    /// Before a credential is looked at that is not known to be right: from this address, for this tenant if that is one's id.
    /// What is returned is a place among those of the address that wait.
    ///
    /// # Errors
    /// [`Kind::Exhausted`]: as many of the address wait as may.
    pub(super) async fn attempt(
        &self,
        from: Option<IpAddr>,
        tenant: Option<TenantId>,
    ) -> Result<Share<Option<IpAddr>>, Error> {
        let place = self.waiting.take(from).ok_or_else(|| {
            let told = "Too many wrong credentials come from this address; try again later.";
            Error::new(Kind::Exhausted, told).retry_after(Some(self.delay))
        })?;
        let of_address = self.addresses.take(from, self.rate);
        let of_tenant = tenant.map_or(Ok(()), |tenant| self.tenants.take(tenant, self.rate));
        if of_address.and(of_tenant).is_err() {
            tokio::time::sleep(self.delay).await;
        }
        Ok(place)
    }
}
