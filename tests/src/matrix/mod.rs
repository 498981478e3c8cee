//! Every field of every answer that a backend gives on an RPC's way, something else in every way: the call ends in time and is
//! not our fault, what it says holds no address and no secret, and nothing is left behind. Which fields there are is recorded,
//! not listed. Whole by `cargo xtask field-matrix`, a part of it in the suite `matrix`.

mod mutation;
mod point;
mod trial;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cloudsim::{Options, Timing};
use futures::{StreamExt as _, stream};

use crate::change::{CHANGES, Change, READS};
use crate::{Deployment, Scene};

use self::point::Point;
use self::trial::Trial;

/// Points that are tried at the same time.
const SIDE_BY_SIDE: usize = 8;
/// The record of the cloud: more than one recorded call and its neighbours take.
const REQUESTS_MAX: usize = 20_000;
/// Nothing is kept of what a backend said, so that each call asks for all.
const NOTHING_CACHED: &str = "plugin.cache_bytes_max = 0\nplugin.cache_bytes_per_tenant_max = 0";

/// One of the tenants and the deployment that all share.
pub(crate) type Stage = Scene<Arc<Deployment>>;

/// What was tried and what was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Fields of answers, each once a route and an RPC.
    pub fields: usize,
    /// Fields, each made something else in one way.
    pub tried: usize,
    /// Of these, those where the backend was asked for the field.
    pub met: usize,
    /// What is wrong, in words.
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fields, tried, met, faults } = self;
        write!(f, "fields={fields} tried={tried} met={met} faults={}", faults.len())
    }
}

/// What of the matrix is tried.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Only these RPCs; all of them where it is empty.
    pub only: Vec<String>,
    /// Of RPCs that look, one of so many points.
    pub reads: usize,
    /// Of RPCs that change something, one of so many points.
    pub changes: usize,
    /// Which ones.
    pub seed: u64,
}

impl Selection {
    /// All of it.
    #[must_use]
    pub fn whole() -> Self {
        Self { only: Vec::new(), reads: 1, changes: 1, seed: 0 }
    }

    fn has(&self, change: &Change) -> bool {
        self.only.is_empty() || self.only.contains(&change.to_string())
    }

    /// One of each so many, which one by the seed.
    fn some(&self, points: Vec<Point>, of: usize) -> Vec<Point> {
        let is_chosen =
            |at: usize| (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(self.seed) >> 33;
        let chosen = points.into_iter().enumerate().filter(|(at, _)| is_chosen(*at) % of as u64 == 0);
        chosen.map(|(_, point)| point).collect()
    }
}

/// Tries what is selected; `tell` is told of each RPC.
///
/// # Panics
/// If an RPC does not succeed with nothing wrong.
pub async fn run(selection: &Selection, tell: impl Fn(&str)) -> Report {
    let stage = stage().await;
    let mut report = Report::default();
    let tables = [(READS, selection.reads, true), (CHANGES, selection.changes, false)];
    for (table, of, looks) in tables {
        for change in table.iter().filter(|change| selection.has(change)) {
            let trial = Trial::of(&stage, change, looks).await;
            let points = trial.points();
            report.fields += points.iter().map(|point| &point.field).collect::<BTreeSet<_>>().len();
            let points = selection.some(points, of);
            let before = report.faults.len();
            let tried =
                stream::iter(&points).map(|point| trial.at(&stage, point)).buffer_unordered(SIDE_BY_SIDE);
            for verdict in tried.collect::<Vec<_>>().await {
                report.tried += 1;
                report.met += usize::from(verdict.met);
                report.faults.extend(verdict.faults);
            }
            tell(&format!("{change}: {} points, {} faults", points.len(), report.faults.len() - before));
        }
    }
    report
}

async fn stage() -> Stage {
    let options = Options { timing: Timing::instant(), requests_max: REQUESTS_MAX, ..Options::default() };
    let deployment = Deployment::builder().quick().cloud(options).toml(NOTHING_CACHED).start().await;
    Scene::of(Arc::new(deployment)).await
}
