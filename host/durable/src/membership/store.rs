//! The table `host`: one row for each host that is alive, as far as anybody knows. `failure_detector` says who is dead.

use anyhow::anyhow;
use patchbay_core::HostId;
use patchbay_core::error::Error;
use patchbay_database::now_ms;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

/// The hosts of the deployment.
#[derive(Debug)]
pub struct Hosts {
    pool: AnyPool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its own, as long as it is not taken for dead.
    pub id: HostId,
    /// What people call it.
    pub name: String,
    /// Its signs of life.
    pub beat: i64,
    /// What it says that it serves.
    pub serving: String,
}

impl Hosts {
    /// The hosts in the database.
    #[must_use]
    pub fn new(pool: AnyPool) -> Self {
        Self { pool }
    }

    /// A host comes.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn enter(&self, id: HostId, name: &str, serving: &str) -> Result<(), Error> {
        let sql = "INSERT INTO host (id, name, beat, serving, started_at) VALUES ($1, $2, 0, $3, $4)";
        let insert = sqlx::query(sql).bind(id.to_string()).bind(name).bind(serving).bind(now_ms());
        insert.execute(&self.pool).await?;
        Ok(())
    }

    /// A host lives, and serves this; false: it was taken for dead.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn heartbeat(&self, id: HostId, serving: &str) -> Result<bool, Error> {
        let sql = "UPDATE host SET beat = beat + 1, serving = $2 WHERE id = $1";
        let update = sqlx::query(sql).bind(id.to_string()).bind(serving);
        Ok(update.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// The others, those that came first first, and `hosts_max` at most.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn others(&self, id: HostId, hosts_max: u32) -> Result<Vec<Member>, Error> {
        let sql = "SELECT id, name, beat, serving FROM host WHERE id <> $1 ORDER BY started_at, id LIMIT $2";
        let query = sqlx::query(sql).bind(id.to_string()).bind(i64::from(hosts_max));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// A host is dead, if it gave no sign of life meanwhile: what it carried is anybody's. Of two that say so, one is told
    /// that it was first.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn evict(&self, dead: &Member) -> Result<bool, Error> {
        let sql = "DELETE FROM host WHERE id = $1 AND beat = $2";
        let delete = sqlx::query(sql).bind(dead.id.to_string()).bind(dead.beat);
        Ok(delete.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// A host goes.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn leave(&self, id: HostId) -> Result<(), Error> {
        sqlx::query("DELETE FROM host WHERE id = $1").bind(id.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Nobody can be alive.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn clear(&self) -> Result<(), Error> {
        sqlx::query("DELETE FROM host").execute(&self.pool).await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Result<Member, Error> {
    let id: &str = row.try_get("id")?;
    let id = id.parse().map_err(|_| Error::internal(anyhow!("host.id is damaged")))?;
    Ok(Member {
        id,
        name: row.try_get("name")?,
        beat: row.try_get("beat")?,
        serving: row.try_get("serving")?,
    })
}
