//! Which connections may be used again: no transaction is open on one that comes back, and none that goes out is in doubt.
//!
//! This holds for every user of the pool and however a transaction ended, also where its future was dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, Connection as _};

/// When the database last failed in a way that connections made before do not outlive: after a fail-over they may lead to
/// a server that takes no changes any more. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Doubt(Arc<Mutex<Option<Instant>>>);

impl Doubt {
    /// Connections of now and before are to be made anew.
    pub(super) fn arise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn covers(&self, age: Duration) -> bool {
        let arisen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arisen.is_some_and(|arisen| arisen.elapsed() <= age)
    }
}

/// Lets a pool keep sound connections only.
pub(super) fn only(pool: AnyPoolOptions, sqlite: bool, doubt: Doubt) -> AnyPoolOptions {
    let pool = pool.after_connect(move |connection, _| Box::pin(takes_changes(connection, sqlite)));
    let pool = pool.before_acquire(move |_, about| {
        let sound = !doubt.covers(about.age);
        Box::pin(async move { Ok(sound) })
    });
    pool.after_release(move |connection, _| Box::pin(is_settled(connection, sqlite)))
}

/// PostgreSQL's `target_session_attrs=read-write`, which the driver does not know: a session that may only read stays so,
/// on a standby or while a database takes no changes, and would be handed out long after others can write. What a standby
/// has is late besides, and a tenant that is gone would still be let in. The pool then connects again, until
/// `acquire_timeout_ms`.
async fn takes_changes(connection: &mut AnyConnection, sqlite: bool) -> sqlx::Result<()> {
    if sqlite {
        return Ok(());
    }
    let read_only: String = sqlx::query_scalar("SHOW transaction_read_only").fetch_one(connection).await?;
    if read_only == "on" {
        return Err(sqlx::Error::Protocol("the session takes no changes".into()));
    }
    Ok(())
}

/// Whether no transaction is open. Where SQLite has rolled one back by itself, as it does when there is no space left, the
/// driver's own ROLLBACK fails and it goes on counting: each later transaction would be a savepoint, and a failure in one
/// would leave the write lock held for good. Closing the connection ends all that.
async fn is_settled(connection: &mut AnyConnection, sqlite: bool) -> sqlx::Result<bool> {
    if sqlite {
        // Its thread has then done what was queued, a ROLLBACK above all. PostgreSQL's counts at once.
        connection.ping().await?;
    }
    let settled = !connection.is_in_transaction();
    if !settled {
        tracing::warn!("a connection to the database that is still in a transaction is closed");
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_covers_what_was_there_when_it_arose() {
        let doubt = Doubt::default();
        assert!(!doubt.covers(Duration::from_secs(9)));
        doubt.arise();
        assert!(doubt.covers(Duration::from_secs(9)));
        assert!(!doubt.covers(Duration::ZERO));
    }
}
