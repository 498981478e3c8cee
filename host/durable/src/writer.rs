//! The one task that writes a table of many small rows: whatever is waiting goes into the database at once, and then everybody who
//! waits is told. So a call waits for one commit, and many calls share it. What a row is, its owner knows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use patchbay_core::error::{Error, Kind};
use patchbay_database as database;
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Rows in one statement: 14 values each, of 32766 that SQLite takes at most.
const ROWS_MAX: usize = 256;

/// A row of such a table.
pub(crate) trait Row: Send + Sync + Sized + 'static {
    /// What the log calls the table.
    const TABLE: &'static str;

    /// Writes them all or none, in one statement; each row binds at most 14 values.
    fn insert(
        connection: &mut AnyConnection,
        rows: &[Self],
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// `INSERT INTO table (…) VALUES ($1, …), …` for so many rows, each with the time that the database has counted.
pub(crate) fn insertion(table: &str, columns: &[&str], rows: usize) -> String {
    let row = |at: usize| {
        let places = (1..=columns.len()).map(|place| format!("${}", at * columns.len() + place));
        format!("({}, (SELECT total_ms FROM counted_time))", places.collect::<Vec<_>>().join(", "))
    };
    let values: Vec<_> = (0..rows).map(row).collect();
    format!("INSERT INTO {table} ({}, counted) VALUES {}", columns.join(", "), values.join(", "))
}

/// What whoever waited is told.
pub(crate) type Written = Result<(), Arc<Error>>;

/// A row to be written, and whom to tell then.
pub(crate) struct Waiting<R> {
    row: R,
    told: oneshot::Sender<Written>,
}

impl<R> Waiting<R> {
    /// Hands a row over; what comes of it is told.
    pub(crate) fn send(place: OwnedPermit<Self>, row: R) -> oneshot::Receiver<Written> {
        let (told, written) = oneshot::channel();
        place.send(Self { row, told });
        written
    }
}

/// How much may wait, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Rows that are to come or wait.
    pub(crate) queue_max: usize,
    /// How long one statement may take.
    pub(crate) write_ms_max: u64,
}

/// The task, as the rest has it.
pub(crate) struct Writer<R> {
    queue: mpsc::Sender<Waiting<R>>,
    task: TaskTracker,
    stop: CancellationToken,
    bound: Duration,
}

impl<R: Row> Writer<R> {
    /// Connects, and begins to wait for rows. Those that are in the database are shown to `also`.
    pub(crate) async fn start(
        database: database::Config,
        bounds: Bounds,
        also: impl Fn(&[R]) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (queue, waiting) = mpsc::channel(bounds.queue_max);
        let (task, stop) = (TaskTracker::new(), CancellationToken::new());
        let bound = Duration::from_millis(bounds.write_ms_max);
        let mut inserter = Inserter { database, connection: None, bound };
        inserter.connected().await.context("the database does not answer")?;
        task.spawn(write(inserter, waiting, also, stop.clone()));
        task.close();
        Ok(Self { queue, task, stop, bound })
    }

    /// A place in the queue, held while the call is under way.
    pub(crate) fn place(&self) -> Result<OwnedPermit<Waiting<R>>, Error> {
        self.queue.clone().try_reserve_owned().map_err(|refused| match refused {
            TrySendError::Full(_) => {
                Error::new(Kind::Busy, "Too many changes are under way at once; try again in a moment.")
            }
            TrySendError::Closed(_) => Error::new(Kind::Unavailable, "The host is stopping."),
        })
    }

    /// The same, as soon as there is one; none once the writer has ended.
    pub(crate) async fn wait_for_place(&self) -> Result<OwnedPermit<Waiting<R>>, SendError<()>> {
        self.queue.clone().reserve_owned().await
    }

    /// Lets it write what is waiting, and end. Calls that are still under way get as long as writing may take.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        if tokio::time::timeout(self.bound, self.task.wait()).await.is_err() {
            tracing::warn!("the host stops before {} has all of it", R::TABLE);
        }
    }
}

async fn write<R: Row>(
    mut inserter: Inserter,
    mut queue: mpsc::Receiver<Waiting<R>>,
    also: impl Fn(&[R]) + Send,
    stop: CancellationToken,
) {
    let mut waiting = Vec::with_capacity(ROWS_MAX);
    loop {
        tokio::select! {
            () = stop.cancelled(), if !queue.is_closed() => queue.close(),
            count = queue.recv_many(&mut waiting, ROWS_MAX) => {
                if count == 0 {
                    break;
                }
                let (rows, told): (Vec<_>, Vec<_>) =
                    waiting.drain(..).map(|waiting| (waiting.row, waiting.told)).unzip();
                let written = inserter.write(&rows).await.map_err(Arc::new);
                if written.is_ok() {
                    also(&rows);
                }
                for told in told {
                    // Who does not wait any longer need not know.
                    let _ = told.send(written.clone());
                }
            }
        }
    }
    inserter.close::<R>().await;
}

/// The connection that it writes with, made anew after a failure.
struct Inserter {
    database: database::Config,
    connection: Option<AnyConnection>,
    bound: Duration,
}

impl Inserter {
    async fn write<R: Row>(&mut self, rows: &[R]) -> Result<(), Error> {
        let bound = self.bound;
        let written = async { Ok(R::insert(self.connected().await?, rows).await?) };
        let late = |late| Err(Error::hidden(Kind::Timeout, late));
        let written = tokio::time::timeout(bound, written).await.unwrap_or_else(late);
        if let Err(error) = &written {
            let rows = rows.len();
            tracing::error!(rows, error = %error.chain(), "{} cannot be written", R::TABLE);
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

    async fn close<R: Row>(self) {
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(error = %error, "the connection of {} did not end well", R::TABLE);
        }
    }
}
