//! What the journal adds to a backend call that changes something: the wait until its row is in SQLite. In this process,
//! one call after the other, so that none shares its commit with another.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use hdrhistogram::Histogram;
use patchbay_database as database;
use patchbay_durable::journal::{Config, Journal, Outcome, Sent};
use uuid::Uuid;

/// Calls that are measured, after a tenth as many to warm up.
const CALLS: u32 = 5_000;

/// The wait of calls on a new database in `directory`, in nanoseconds. They are made in a task, as a plugin's are: the thread
/// on which the benchmark itself runs is no worker of the runtime, and is woken at a greater cost.
pub(crate) async fn waits(directory: &Path) -> Result<Histogram<u64>> {
    tokio::spawn(in_turn(format!("sqlite:{}/journal.db", directory.display()))).await?
}

async fn in_turn(url: String) -> Result<Histogram<u64>> {
    let config = database::Config {
        url,
        password: None,
        connections_max: 1,
        acquire_timeout_ms: 5_000,
        probe_ms: 2_000,
        probe_ms_max: 5_000,
    };
    let pool = database::open(&config).await?;
    let journal = Journal::open(&config, pool.clone(), Config::default()).await?;
    let mut waits = Histogram::new(3)?;
    for call in 0..CALLS + CALLS / 10 {
        let (sent, outcome) = (sent(), answered());
        let began = Instant::now();
        journal.enter(sent)?.end(outcome).await?;
        if call >= CALLS / 10 {
            waits.record(u64::try_from(began.elapsed().as_nanos())?)?;
        }
    }
    journal.close().await;
    pool.close().await;
    Ok(waits)
}

fn sent() -> Sent {
    Sent {
        request_id: format!("req-{}", Uuid::new_v4()),
        operation_id: Some(format!("op-{}", Uuid::new_v4())),
        tenant_id: None,
        plugin: "storage-cinder".to_owned(),
        digest: "0".repeat(64),
        upstream: "cloud".to_owned(),
        method: "POST".to_owned(),
        path: "volume/volumes".to_owned(),
    }
}

fn answered() -> Outcome {
    let body = format!(r#"{{"volume":{{"id":"{}","name":"data","size":1}}}}"#, Uuid::new_v4());
    Outcome::answered(202, Some("req-7f1c7a2e-0d3b-4f0e-9f57-0b1d3c2a4e6f"), body.as_bytes())
}
