//! The audit trail: every change that a tenant or an operator asked for, every credential that was refused, and what happened to
//! plugins, with who caused it. A line is in the database before whoever asked is answered.
//!
//! Reads: what a line says (`record`), where it is kept (`store`), and the same as lines of JSON (`file`). What is written, and
//! what is said of it, is the server's business; reads of tenants are not written at all.

mod file;
mod record;
mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use patchbay_core::error::{Error, Kind as Failure};
use patchbay_database as database;
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::AnyConnection;
use tokio::sync::mpsc::OwnedPermit;
use tokio_util::sync::CancellationToken;

pub use self::record::{Actor, Kind, Record};
pub use self::store::Filter;
use self::store::Store;
use crate::writer::{Bounds, Row, Waiting, Writer};

/// The outcome of a call that nobody was left to answer.
const GIVEN_UP: &str = "given-up";

/// How much is kept of who changed what, and for how long. `[operation]` says how often it is pruned.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Changes under way, and lines that wait to be written, at once; one more change is refused before it begins, one more
    /// refusal waits.
    pub queue_max: usize,
    /// How long writing may take, before the changes that wait for it are answered as not recorded.
    pub write_ms_max: u64,
    /// How long a line is kept, counted while a host runs.
    pub kept_ms: u64,
    /// How many lines are kept at most of each kind: changes, refusals, events of plugins. The oldest of a kind go first, so that
    /// a flood of wrong keys takes no change with it.
    pub rows_max: u64,
    /// Where the same is written as lines of JSON too; each host needs a file of its own.
    pub file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            queue_max: 4_096,
            write_ms_max: 10_000,
            kept_ms: 90 * 24 * 3_600_000,
            rows_max: 1_000_000,
            file: None,
        }
    }
}

impl Config {
    /// Whether it holds together.
    ///
    /// # Errors
    /// It does not; the error names the key.
    pub fn check(&self) -> anyhow::Result<()> {
        let places = 1..=tokio::sync::Semaphore::MAX_PERMITS;
        ensure!(places.contains(&self.queue_max), "audit.queue_max must be at least 1");
        ensure!(self.write_ms_max > 0, "audit.write_ms_max must be at least 1");
        ensure!(self.rows_max > 0, "audit.rows_max must be at least 1");
        Ok(())
    }
}

impl Row for Record {
    const TABLE: &'static str = "the audit trail";

    async fn insert(connection: &mut AnyConnection, records: &[Self]) -> Result<(), sqlx::Error> {
        store::insert(connection, records).await
    }
}

/// See the module.
pub struct Audit {
    store: Store,
    writer: Writer<Record>,
    config: Config,
}

impl Audit {
    /// The trail in the database; `pool` is for reading, a connection of its own for writing.
    ///
    /// # Errors
    /// The database does not answer, or the file cannot be written.
    pub async fn open(
        database: &database::Config,
        pool: database::Pool,
        config: Config,
    ) -> anyhow::Result<Arc<Self>> {
        let bounds = Bounds { queue_max: config.queue_max, write_ms_max: config.write_ms_max };
        let path = config.file.clone();
        if let Some(path) = &path {
            file::append(path, &[]).with_context(|| format!("audit.file {}", path.display()))?;
        }
        let also = move |records: &[Record]| {
            let Some(path) = &path else { return };
            if let Err(error) = file::append(path, records) {
                tracing::error!(file = %path.display(), %error, "audit.file cannot be written; the database has it");
            }
        };
        let writer = Writer::start(database.clone(), bounds, also).await.context("the audit trail")?;
        Ok(Arc::new(Self { store: Store::new(pool), writer, config }))
    }

    /// Takes a place for a change that is about to begin, so that however it ends can be written.
    ///
    /// # Errors
    /// [`Failure::Busy`]: `audit.queue_max` changes are under way. [`Failure::Unavailable`]: the host is stopping.
    pub fn enter(&self, asked: Record) -> Result<Entry, Error> {
        Ok(Entry { open: Some((self.writer.place()?, asked.bounded())) })
    }

    /// Writes a line of what has ended already; it is in the database when this returns, or why not is in the log.
    pub async fn note(&self, record: Record) {
        let Ok(place) = self.writer.wait_for_place().await else { return };
        let entry = Entry { open: Some((place, record.bounded())) };
        // The writer has told the log.
        drop(entry.end(|_| {}).await);
    }

    /// The newest lines to which the filter applies, so many at most.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn newest(&self, wanted: &Filter, size: u32) -> Result<Vec<Record>, Error> {
        self.store.newest(wanted, size).await
    }

    /// Removes what is older or more than is kept, every so often, `batch_max` lines at a time, until `stop`.
    pub async fn prune(self: Arc<Self>, every: Duration, batch_max: u32, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            if let Err(error) = self.prune_once(batch_max).await {
                tracing::warn!(error = %error.chain(), "what is old of the audit trail is not removed now");
            }
        }
    }

    async fn prune_once(&self, batch_max: u32) -> Result<(), Error> {
        let bounded = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let (kept, rows_max) = (bounded(self.config.kept_ms), bounded(self.config.rows_max));
        loop {
            let mut most = self.store.prune_older(kept, batch_max).await?;
            for kind in Kind::ALL {
                most = most.max(self.store.prune_beyond(kind, rows_max, batch_max).await?);
            }
            if most < u64::from(batch_max) {
                return Ok(());
            }
        }
    }

    /// Writes what is waiting, and ends. What is asked for from now on is refused.
    pub async fn close(&self) {
        self.writer.stop().await;
    }
}

/// A change that is under way. Dropped before its end, as when its caller is cut off, it is written as given up.
pub struct Entry {
    open: Option<(OwnedPermit<Waiting<Record>>, Record)>,
}

impl Entry {
    /// Writes how it ended; it is in the database when this returns.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: it could not be written.
    pub async fn end(mut self, how: impl FnOnce(&mut Record)) -> Result<(), Error> {
        let Some((place, mut record)) = self.open.take() else { return Ok(()) };
        how(&mut record);
        let written = Waiting::send(place, record.bounded());
        let unwritten =
            || Error::new(Failure::Unavailable, "What was done cannot be recorded now; it may be done.");
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unwritten().because(anyhow::Error::new(error).context("the audit trail"))),
            Err(gone) => Err(unwritten().because(gone)),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some((place, mut record)) = self.open.take() {
            record.outcome = GIVEN_UP.to_owned();
            // Nobody is left to wait until it is written.
            drop(Waiting::send(place, record));
        }
    }
}
