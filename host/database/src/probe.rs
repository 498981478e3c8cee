//! Sees now and then whether the database can be written, by counting time in it (`clock`), and keeps the host from being
//! ready while it cannot. On a connection of its own: what fills the pool is no failure of the database.

use std::time::Duration;

use patchbay_core::error::Error;
use patchbay_core::failure;
use patchbay_telemetry::Readiness;
use sqlx::{AnyConnection, Connection as _};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::clock::Counter;
use super::{Config, Doubt, connect};

/// Under this name the host is kept from being ready.
const NAME: &str = "database";
/// How many times as often it is looked while the database fails.
const FAILING_FACTOR: u32 = 4;

/// See the file.
pub struct Probe {
    config: Config,
    doubt: Doubt,
    ready: Readiness,
    counter: Counter,
    connection: Option<AnyConnection>,
    failing: bool,
}

impl Probe {
    /// For this database, whose pools' connections `doubt` is about.
    #[must_use]
    pub fn new(config: Config, doubt: Doubt, ready: Readiness) -> Self {
        let counter = Counter::default();
        Self { config, doubt, ready, counter, connection: None, failing: false }
    }

    /// Looks again and again, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.turn()).await.is_some() {}
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the probe's connection did not end well");
        }
    }

    async fn turn(&mut self) {
        let bound = Duration::from_millis(self.config.probe_ms_max);
        let looked = timeout(bound, self.look()).await.unwrap_or_else(|_| Err(failure::late()));
        self.tell(looked);
        let pause = Duration::from_millis(self.config.probe_ms);
        sleep(if self.failing { pause / FAILING_FACTOR } else { pause }).await;
    }

    /// The connection stays only when all went well.
    async fn look(&mut self) -> Result<(), Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.config).await?,
        };
        if let Err(cause) = self.counter.step(&mut connection).await {
            if failure::is_stale(&cause) {
                self.doubt.arise();
            }
            return Err(cause.into());
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn tell(&mut self, looked: Result<(), Error>) {
        match looked {
            Ok(()) if self.failing => {
                self.ready.release(NAME);
                tracing::info!("the database can be written again");
            }
            Ok(()) => {}
            Err(error) => {
                self.ready.hold(NAME, error.message());
                if !self.failing {
                    tracing::error!(error = %error.chain(), "the database cannot be written; the host is not ready");
                }
                self.failing = true;
                return;
            }
        }
        self.failing = false;
    }
}
