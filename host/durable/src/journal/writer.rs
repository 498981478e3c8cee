//! The one task that writes the journal: whatever is waiting goes into the database at once, and then everybody who waits
//! is told. So a call waits for one commit, and many calls share it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use patchbay_core::error::{Error, Kind};
use patchbay_database as database;
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Call, Config, store};

/// Calls in one statement: 14 values each, of 32766 that SQLite takes at most.
const ROWS_MAX: usize = 256;

/// What a call that waited is told.
pub(super) type Written = Result<(), Arc<Error>>;

/// A call to be written, and whom to tell then.
pub(super) struct Waiting {
    pub(super) call: Call,
    pub(super) told: oneshot::Sender<Written>,
}

/// The task, as the rest of the journal has it.
pub(super) struct Writer {
    queue: mpsc::Sender<Waiting>,
    task: TaskTracker,
    stop: CancellationToken,
    bound: Duration,
}

impl Writer {
    /// Connects, and begins to wait for calls.
    pub(super) async fn start(database: database::Config, config: &Config) -> anyhow::Result<Self> {
        let (queue, waiting) = mpsc::channel(config.queue_max);
        let (task, stop) = (TaskTracker::new(), CancellationToken::new());
        let bound = Duration::from_millis(config.write_ms_max);
        let mut inserter = Inserter { database, connection: None, bound };
        inserter.connected().await.context("the database does not answer")?;
        task.spawn(write(inserter, waiting, stop.clone()));
        task.close();
        Ok(Self { queue, task, stop, bound })
    }

    /// A place in the queue, held while the call is under way.
    pub(super) fn place(&self) -> Result<OwnedPermit<Waiting>, Error> {
        self.queue.clone().try_reserve_owned().map_err(|refused| match refused {
            TrySendError::Full(_) => {
                Error::new(Kind::Busy, "Too many changes are under way at once; try again in a moment.")
            }
            TrySendError::Closed(_) => Error::new(Kind::Unavailable, "The host is stopping."),
        })
    }

    /// Lets it write what is waiting, and end. Calls that are still under way get as long as writing may take.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        if tokio::time::timeout(self.bound, self.task.wait()).await.is_err() {
            tracing::warn!("the host stops before the journal has all calls");
        }
    }
}

async fn write(mut inserter: Inserter, mut queue: mpsc::Receiver<Waiting>, stop: CancellationToken) {
    let mut waiting = Vec::with_capacity(ROWS_MAX);
    loop {
        tokio::select! {
            () = stop.cancelled(), if !queue.is_closed() => queue.close(),
            count = queue.recv_many(&mut waiting, ROWS_MAX) => {
                if count == 0 {
                    break;
                }
                let (calls, told): (Vec<_>, Vec<_>) =
                    waiting.drain(..).map(|waiting| (waiting.call, waiting.told)).unzip();
                let written = inserter.write(&calls).await.map_err(Arc::new);
                for told in told {
                    // Who does not wait any longer need not know.
                    let _ = told.send(written.clone());
                }
            }
        }
    }
    inserter.close().await;
}

/// The connection that it writes with, made anew after a failure.
struct Inserter {
    database: database::Config,
    connection: Option<AnyConnection>,
    bound: Duration,
}

impl Inserter {
    async fn write(&mut self, calls: &[Call]) -> Result<(), Error> {
        let bound = self.bound;
        let written = async { Ok(store::insert(self.connected().await?, calls).await?) };
        let late = |late| Err(Error::hidden(Kind::Timeout, late));
        let written = tokio::time::timeout(bound, written).await.unwrap_or_else(late);
        if let Err(error) = &written {
            let calls = calls.len();
            tracing::error!(calls, error = %error.chain(), "the journal cannot be written");
            self.connection = None;
        }
        written
    }

    async fn connected(&mut self) -> Result<&mut AnyConnection, Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => database::connect(&self.database).await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn close(self) {
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(error = %error, "the journal's connection did not end well");
        }
    }
}
