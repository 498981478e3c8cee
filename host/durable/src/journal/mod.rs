//! The journal: every call of a plugin that changes something in a backend, in the database before the plugin sees how it
//! ended. So the host knows, whatever the plugin does, what was made on whose behalf.
//!
//! Reads: what is written of a call (`call`), where it is kept (`store`), and what follows from it for an operation that could not
//! be undone (`leftover`). Calls that only read are no business of this module.

mod call;
mod leftover;
mod store;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use patchbay_core::OperationId;
use patchbay_core::error::{Error, Kind};
use patchbay_database as database;
use patchbay_database::now_ms;
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::AnyConnection;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::oneshot;

pub use self::call::masked;
pub use self::call::{Call, Outcome, Sent};
pub use self::leftover::OrphanedResource;
pub use self::store::Of;
use self::store::Store;
use crate::writer::{Bounds, Row, Waiting, Writer, Written};

/// Calls of one operation that are looked at to find what it left; operations make dozens.
const CALLS_MAX: u32 = 10_000;
/// In the place of a status where nobody waited for the answer to the end.
const GIVEN_UP: &str = "given-up";

/// How much the journal holds, and for how long. `[operation]` says how often it is pruned.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Backend calls that change something, under way or waiting to be recorded at once; one more is refused before it is
    /// sent.
    pub queue_max: usize,
    /// How long recording may take, before the calls that wait for it fail.
    pub write_ms_max: u64,
    /// How long a call is kept, counted while a host runs; older ones are removed every `operation.prune_interval_ms`.
    pub kept_ms: u64,
    /// How many calls are kept at most; the oldest go first.
    pub rows_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { queue_max: 4_096, write_ms_max: 10_000, kept_ms: 30 * 24 * 3_600_000, rows_max: 1_000_000 }
    }
}

impl Config {
    /// Whether it holds together.
    ///
    /// # Errors
    /// It does not; the error names the key.
    pub fn check(&self) -> anyhow::Result<()> {
        let places = 1..=tokio::sync::Semaphore::MAX_PERMITS;
        ensure!(places.contains(&self.queue_max), "journal.queue_max must be at least 1");
        ensure!(self.write_ms_max > 0, "journal.write_ms_max must be at least 1");
        ensure!(self.rows_max > 0, "journal.rows_max must be at least 1");
        Ok(())
    }
}

impl Row for Call {
    const TABLE: &'static str = "the journal";

    async fn insert(connection: &mut AnyConnection, calls: &[Self]) -> Result<(), sqlx::Error> {
        store::insert(connection, calls).await
    }
}

/// See the module.
pub struct Journal {
    store: Store,
    writer: Writer<Call>,
    config: Config,
}

impl Journal {
    /// The journal in the database; `pool` is for reading, a connection of its own for writing.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open(
        database: &database::Config,
        pool: database::Pool,
        config: Config,
    ) -> anyhow::Result<Arc<Self>> {
        let bounds = Bounds { queue_max: config.queue_max, write_ms_max: config.write_ms_max };
        let writer = Writer::start(database.clone(), bounds, |_| {}).await.context("the journal")?;
        Ok(Arc::new(Self { store: Store::new(pool), writer, config }))
    }

    /// Takes a place for a call that is about to be sent, so that however it ends can be written.
    ///
    /// # Errors
    /// [`Kind::Busy`]: `journal.queue_max` calls are under way. [`Kind::Unavailable`]: the host is stopping.
    pub fn enter(&self, sent: Sent) -> Result<Entry, Error> {
        let place = self.writer.place()?;
        Ok(Entry { open: Some((place, sent)), sent_at: now_ms(), began: Instant::now() })
    }

    /// A page of a request's or an operation's calls in the order in which they ended; `number` begins at 1.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn calls(&self, of: Of<'_>, (number, size): (u32, u32)) -> Result<Vec<Call>, Error> {
        self.store.page(of, (number, size)).await
    }

    /// What the operation made and did not delete again, as far as its calls tell.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn left_by(&self, operation: OperationId) -> Result<Vec<OrphanedResource>, Error> {
        let calls = self.calls(Of::Operation(&operation.to_string()), (1, CALLS_MAX)).await?;
        Ok(leftover::among(&calls))
    }

    /// Removes what is older or more than is kept, the oldest first and `batch_max` of either at most; how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune(&self, batch_max: u32) -> Result<u64, Error> {
        let kept = i64::try_from(self.config.kept_ms).unwrap_or(i64::MAX);
        let old = self.store.prune_older(kept, batch_max).await?;
        let rows_max = i64::try_from(self.config.rows_max).unwrap_or(i64::MAX);
        Ok(old + self.store.prune_beyond(rows_max, batch_max).await?)
    }

    /// Writes what is waiting, and ends. What is sent from now on is refused.
    pub async fn close(&self) {
        self.writer.stop().await;
    }
}

/// A call that is under way. Dropped before its end, as when its caller is cut off, it is written as given up: the backend
/// may have done it.
pub struct Entry {
    open: Option<(OwnedPermit<Waiting<Call>>, Sent)>,
    sent_at: i64,
    began: Instant,
}

impl Entry {
    /// Writes how it ended; it is in the database when this returns.
    ///
    /// # Errors
    /// [`Kind::Unavailable`]: it could not be written.
    pub async fn end(mut self, outcome: Outcome) -> Result<(), Error> {
        let Some(written) = self.hand_over(outcome) else { return Ok(()) };
        let unwritten =
            || Error::new(Kind::Unavailable, "What is done cannot be recorded now; try again later.");
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unwritten().because(anyhow::Error::new(error).context("the journal"))),
            Err(gone) => Err(unwritten().because(gone)),
        }
    }

    fn hand_over(&mut self, outcome: Outcome) -> Option<oneshot::Receiver<Written>> {
        let (place, sent) = self.open.take()?;
        let took_us = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        let call = Call { number: 0, sent, outcome, sent_at: self.sent_at, took_us };
        Some(Waiting::send(place, call))
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // Nobody is left to wait until it is written.
        drop(self.hand_over(Outcome::failed(GIVEN_UP)));
    }
}
