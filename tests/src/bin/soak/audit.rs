//! After the calls: whether every operation has come to its end, and left what it was asked for.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use patchbay_core::OperationId;
use patchbay_database as database;
use patchbay_operations::Operations;
use patchbay_tests::measured::host::Settings;

use crate::caller::Kept;
use crate::tally::Tally;

/// How long operations may go on after the last call.
const END_MAX: Duration = Duration::from_secs(120);
/// How often to look for the end of the last.
const LOOK: Duration = Duration::from_millis(200);
/// Losses that are named in the report.
const NAMED_MAX: usize = 20;

/// Operations that are lost.
pub(crate) struct Lost {
    pub(crate) count: usize,
    /// Of how many.
    pub(crate) operations: usize,
    /// The first ones, in words.
    pub(crate) reasons: Vec<String>,
}

/// Those without an end, those that did not end well, and those whose resource is not as it was asked to be.
pub(crate) async fn lost(settings: &Settings, kept: Vec<Kept>, tally: &Tally) -> Result<Lost> {
    let pool = database::open(&database::Config {
        url: settings.database(),
        password: None,
        connections_max: 1,
        acquire_timeout_ms: 30_000,
        probe_ms: 2_000,
        probe_ms_max: 5_000,
    })
    .await?;
    let unfinished = unfinished(&Operations::new(pool.clone())).await?;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, state FROM operation").fetch_all(&pool).await.context("operations")?;
    pool.close().await;

    let told = tally.counts().operations.clone();
    let mut reasons = unended(&rows, &told);
    reasons.extend(changed(kept).await);
    let count = reasons.len();
    reasons.extend(unfinished.then(|| format!("operations were still going on after {END_MAX:?}")));
    reasons.truncate(NAMED_MAX);
    Ok(Lost { count, operations: rows.len(), reasons })
}

/// Waits for the last one; whether any still goes on.
async fn unfinished(operations: &Operations) -> Result<bool> {
    let until = Instant::now() + END_MAX;
    while !operations.unfinished().await.map_err(|error| anyhow::anyhow!(error.chain()))?.is_empty() {
        if Instant::now() > until {
            return Ok(true);
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(false)
}

/// Those that are not done, and those of which callers were told and the database knows nothing.
fn unended(rows: &[(String, String)], told: &HashSet<OperationId>) -> Vec<String> {
    let known: HashSet<_> = rows.iter().map(|(id, _)| id.as_str()).collect();
    let undone = rows.iter().filter(|(_, state)| state != "done").map(|(id, state)| format!("{id}: {state}"));
    let unknown = told.iter().map(ToString::to_string).filter(|id| !known.contains(id.as_str()));
    undone.chain(unknown.map(|id| format!("{id}: not in the database"))).collect()
}

async fn changed(kept: Vec<Kept>) -> Vec<String> {
    let mut changed = Vec::new();
    for Kept { caller, kind, id, expected } in kept {
        let shown = caller.shown(kind, &id).await;
        if shown.as_ref() != Some(&expected) {
            changed.push(format!("{kind:?} {id}: asked for {expected:?}, and it is {shown:?}"));
        }
    }
    changed
}
