//! Operations that nobody carries: their host has left the table `host`, or never was in it. `membership` of
//! `patchbay-durable` keeps that table.

use patchbay_core::OperationId;
use patchbay_core::error::Error;
use sqlx::Row as _;

use super::Operations;
use super::row::{parsed, read};
use crate::Operation;

/// An operation that nobody carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// Its id.
    pub id: OperationId,
    /// Who carried it last.
    host: String,
}

impl Operations {
    /// Operations that have not ended and that nobody carries, the oldest first, and `rows_max` at most.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn free(&self, rows_max: u32) -> Result<Vec<Free>, Error> {
        let sql = "SELECT id, host FROM operation WHERE state IN ('beginning', 'running', 'abandoning') \
                   AND host NOT IN (SELECT id FROM host) ORDER BY created_at LIMIT $1";
        let rows = sqlx::query(sql).bind(i64::from(rows_max)).fetch_all(&self.pool).await?;
        let free =
            |row| Ok(Free { id: parsed(row, "id", |text| text.parse().ok())?, host: row.try_get("host")? });
        rows.iter().map(free).collect()
    }

    /// Carries it from now on, as it stands; `None`: another host was first, or it has ended.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn adopt(&self, free: &Free) -> Result<Option<Operation>, Error> {
        let sql = "UPDATE operation SET host = $2 WHERE id = $1 AND host = $3 \
                   AND state IN ('beginning', 'running', 'abandoning') RETURNING *";
        let update = sqlx::query(sql).bind(free.id.to_string()).bind(&self.host).bind(&free.host);
        update.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }
}
