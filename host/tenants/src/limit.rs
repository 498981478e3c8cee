//! How much a tenant may ask: requests a second, calls at once, operations under way. It counts proven tenants alone, so
//! nobody uses up what is another's. How much of a domain's places one may have is the runtime's.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use anyhow::Context as _;
use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};
use patchbay_core::share::{Share, Shares};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Config;
use super::bucket::{Buckets, Rate};

/// What one tenant may ask instead of what all may; what is left out is as it is for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Instead of `tenant.requests_per_second`.
    pub requests_per_second: Option<u32>,
    /// Instead of `tenant.requests_burst`.
    pub requests_burst: Option<u32>,
    /// Instead of `tenant.calls_max`.
    pub calls_max: Option<usize>,
    /// Instead of `operation.running_per_tenant_max`.
    pub operations_max: Option<usize>,
}

/// A tenant's call that counts among its calls, until this is dropped.
pub type Turn = Share<TenantId>;

/// What one tenant may ask.
#[derive(Debug, Clone, Copy)]
struct Limit {
    rate: Rate,
    calls_max: usize,
    operations_max: Option<usize>,
}

/// See the module.
pub struct Limits {
    of_all: Limit,
    of_single: HashMap<TenantId, Limit>,
    requests: Buckets<TenantId>,
    calls: Arc<Shares<TenantId>>,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("of_all", &self.of_all).finish_non_exhaustive()
    }
}

impl Limits {
    /// As the configuration has it.
    ///
    /// # Errors
    /// A bound is 0, or a name is no tenant's id; the error names the key.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let of_all = LimitsConfig::default().limit(config).context("tenant")?;
        let of_single = singles(config, &config.limits)?;
        let slowest = of_single.values().chain([&of_all]).map(|limit| limit.rate.refill()).max();
        let entries_max = u64::try_from(config.active_max).unwrap_or(u64::MAX);
        let requests = Buckets::new(entries_max, slowest.unwrap_or_default());
        Ok(Self { of_all, of_single, requests, calls: Shares::new(of_all.calls_max) })
    }

    /// One more call of a proven tenant.
    ///
    /// # Errors
    /// [`Kind::Exhausted`], with how long to wait where that is known.
    pub fn enter(&self, tenant: TenantId) -> Result<Turn, Error> {
        let limit = self.of(tenant);
        self.requests.take(tenant, limit.rate).map_err(|wait| {
            let told = format!(
                "The tenant sends more than {} requests a second; try again later.",
                limit.rate.per_second
            );
            Error::new(Kind::Exhausted, told).retry_after(Some(wait))
        })?;
        self.calls.take_within(tenant, limit.calls_max).ok_or_else(|| {
            let told = "Too many calls of this tenant are under way; let some of them end first.";
            Error::new(Kind::Exhausted, told)
        })
    }

    /// How many operations of the tenant's may go on, where that is not what it is for all.
    #[must_use]
    pub fn operations_max(&self, tenant: TenantId) -> Option<usize> {
        self.of(tenant).operations_max
    }

    fn of(&self, tenant: TenantId) -> Limit {
        self.of_single.get(&tenant).copied().unwrap_or(self.of_all)
    }
}

impl LimitsConfig {
    fn limit(&self, all: &Config) -> anyhow::Result<Limit> {
        let per_second = self.requests_per_second.unwrap_or(all.requests_per_second);
        let rate = Rate::new(per_second, self.requests_burst.unwrap_or(all.requests_burst));
        let rate = rate.context("requests_per_second and requests_burst must be at least 1")?;
        let calls_max = self.calls_max.unwrap_or(all.calls_max);
        anyhow::ensure!(calls_max > 0, "calls_max must be at least 1");
        Ok(Limit { rate, calls_max, operations_max: self.operations_max })
    }
}

fn singles(all: &Config, named: &BTreeMap<String, LimitsConfig>) -> anyhow::Result<HashMap<TenantId, Limit>> {
    let one = |(name, config): (&String, &LimitsConfig)| {
        let about = || format!("tenant.limits.{name}");
        let id = name.parse::<TenantId>().ok().context("it is no tenant's id").with_context(about)?;
        Ok((id, config.limit(all).with_context(about)?))
    };
    named.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(more: &str) -> anyhow::Result<Limits> {
        Limits::new(&toml::from_str(&format!(
            "requests_per_second = 1\nrequests_burst = 4\ncalls_max = 2\n{more}"
        ))?)
    }

    fn id(number: u32) -> TenantId {
        format!("t-{number:010}").parse().unwrap()
    }

    #[test]
    fn a_tenant_has_its_requests_and_its_calls_and_single_ones_have_others() {
        let limits =
            limits("limits.t-0000000002 = { requests_burst = 6, calls_max = 5, operations_max = 3 }")
                .unwrap();
        let mut turns = Vec::new();
        for (tenant, calls) in [(1, 2), (2, 5), (3, 2)] {
            for _ in 0..calls {
                turns.push(limits.enter(id(tenant)).unwrap());
            }
            let refused = limits.enter(id(tenant)).map(drop).unwrap_err();
            assert_eq!((refused.kind(), refused.wait()), (Kind::Exhausted, None), "{tenant}: {refused}");
        }
        turns.clear();
        drop(limits.enter(id(1)).unwrap());
        let refused = limits.enter(id(1)).map(drop).unwrap_err();
        assert!(refused.wait().is_some() && refused.message().contains("1 requests a second"), "{refused}");
        assert_eq!((limits.operations_max(id(1)), limits.operations_max(id(2))), (None, Some(3)));
    }

    #[test]
    fn bounds_of_0_and_names_of_nobody_are_refused() {
        for (wrong, named) in [
            ("limits.t-1 = {}", "tenant.limits.t-1"),
            ("limits.t-0000000001 = { calls_max = 0 }", "tenant.limits.t-0000000001"),
            ("limits.t-0000000001 = { requests_burst = 0 }", "tenant.limits.t-0000000001"),
        ] {
            let told = limits(wrong).unwrap_err().to_string();
            assert!(told.contains(named), "{wrong}: {told}");
        }
    }
}
