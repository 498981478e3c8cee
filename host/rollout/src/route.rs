//! `[[route]]`: who answers a domain in a region, with what grants, and how a new generation comes into service. What
//! becomes of it is in `rollout`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{bail, ensure};
use patchbay_core::Domain;
use patchbay_runtime::Reuse;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the first route of a line weighs where it does not say; the others then weigh nothing and stand by.
const WEIGHT: u32 = 100;
/// The heaviest that a route or a generation may be.
pub(super) const WEIGHT_MAX: u32 = 1_000_000;

/// Who answers a domain, and with what grants.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What is served.
    pub domain: Domain,
    /// Where: the platform's word for the region.
    pub region: String,
    /// The plugin's file in `plugin.directory`, without `.wasm`: letters, digits and hyphens.
    pub plugin: String,
    /// What the plugin is lent: its own name for an upstream = the configured upstream's.
    #[serde(default)]
    pub upstreams: BTreeMap<String, String>,
    /// What the plugin may read; each plugin has settings of its own.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Whether the plugin is asked, before it serves, if its backend answers.
    #[serde(default)]
    pub probe: bool,
    /// Its part of the calls where several plugins have routes for the domain and region, of the sum of their weights.
    /// Absent: 100 for the first of these routes, and 0 for the others, which stand by.
    pub weight: Option<u32>,
    /// Whose call an instance of the plugin may serve that has served one before. Absent: as `plugin.instances.reuse` says.
    pub reuse: Option<Reuse>,
    /// How a new file of the plugin is tried. Absent: it takes all of the plugin's calls at once.
    pub canary: Option<Canary>,
}

/// How a new generation is tried beside the one that serves.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Its part of the plugin's calls, by tenants: 1 to 99.
    pub percent: u32,
    /// Calls of it that are enough to judge it: within `window_ms` to roll it back, in all to promote it.
    #[serde(default = "calls_min")]
    pub calls_min: u64,
    /// Rolled back when so many more of 100 calls fail (by a trap, a timeout or an internal error) than on the
    /// generation beside it. Absent: only by hand.
    pub failures_excess_percent: Option<u32>,
    /// The time over which the two are compared.
    #[serde(default = "window_ms")]
    pub window_ms: u64,
    /// Promoted when it has gone well for so long. Absent: only by hand.
    pub promote_after_ms: Option<u64>,
}

fn calls_min() -> u64 {
    100
}

fn window_ms() -> u64 {
    60_000
}

impl Canary {
    fn check(&self) -> anyhow::Result<()> {
        ensure!((1..100).contains(&self.percent), "canary.percent must be between 1 and 99");
        ensure!(self.calls_min > 0, "canary.calls_min must be at least 1");
        ensure!(self.window_ms > 0, "canary.window_ms must be at least 1");
        Ok(())
    }
}

impl Route {
    /// What a plugin weighs as long as nobody has set it by hand.
    pub(super) fn weight(&self) -> u32 {
        self.weight.unwrap_or(0)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.region.is_empty(), "region is empty");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        ensure!(
            !self.plugin.is_empty() && self.plugin.chars().all(plain),
            "plugin is a file's name without .wasm, of letters, digits and hyphens"
        );
        ensure!(self.weight.unwrap_or(0) <= WEIGHT_MAX, "weight must be at most {WEIGHT_MAX}");
        let Some(canary) = &self.canary else { return Ok(()) };
        // Below, a percentage of it is not whole.
        ensure!(
            self.weight.is_none_or(|weight| weight >= 100),
            "a weight beside canary must be at least 100"
        );
        canary.check()
    }
}

/// Checks the routes, of which several may be for one domain and region, each with a plugin of its own.
///
/// # Errors
/// Names the route and what is wrong with it.
pub fn check(routes: &[Route], upstreams: &BTreeSet<&str>) -> anyhow::Result<()> {
    let mut served = BTreeSet::new();
    for route in routes {
        let (domain, region) = (route.domain.as_str(), route.region.as_str());
        route.check().map_err(|e| e.context(format!("route {domain}")))?;
        ensure!(
            served.insert((domain, region, route.plugin.as_str())),
            "route: {domain} has two routes for {} in {region}",
            route.plugin
        );
        for (name, upstream) in &route.upstreams {
            if !upstreams.contains(upstream.as_str()) {
                bail!(
                    "route {domain}: upstreams.{name} is {upstream}, which [upstream.{upstream}] does not define"
                );
            }
        }
    }
    Ok(())
}

/// Says for each route what it weighs.
pub(super) fn weighed(mut routes: Vec<Route>) -> Vec<Route> {
    let mut begun = BTreeSet::new();
    for route in &mut routes {
        let first = begun.insert((route.domain.as_str(), route.region.clone()));
        route.weight.get_or_insert(if first { WEIGHT } else { 0 });
    }
    routes
}
