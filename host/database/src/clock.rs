//! Time as the database counts it: in steps, each as long as both the database's clock and this process's monotonic clock
//! say, the shorter of the two. A clock that is set, forwards or back, moves no step, and while no host runs no time passes.
//! What has to last for a while (idempotency keys, an operation's lifetime, what has ended) is measured by it.
//!
//! The table is `counted_time`, its one row the sum of the steps. Statements read it where they need it.

use std::time::Instant;

use sqlx::AnyConnection;

/// Adds steps; one a host.
#[derive(Debug, Default)]
pub(super) struct Counter {
    /// When this host added the last one.
    stepped: Option<Instant>,
}

impl Counter {
    /// Adds the time since the last step of any host, at most that since the last one of this host. The first one only
    /// begins to count.
    pub(super) async fn step(&mut self, connection: &mut AnyConnection) -> sqlx::Result<()> {
        let now = Instant::now();
        let passed = self.stepped.map_or(0, |stepped| (now - stepped).as_millis());
        let step_max = i64::try_from(passed).unwrap_or(i64::MAX);
        let sql = "UPDATE counted_time SET total_ms = total_ms + CASE \
                   WHEN (SELECT now_ms FROM database_clock) < read_at THEN 0 \
                   WHEN (SELECT now_ms FROM database_clock) - read_at > $1 THEN $1 \
                   ELSE (SELECT now_ms FROM database_clock) - read_at END, \
                   read_at = (SELECT now_ms FROM database_clock)";
        sqlx::query(sql).bind(step_max).execute(connection).await?;
        self.stepped = Some(now);
        Ok(())
    }
}
