//! The table `journal`: many calls written at once, those of one request or operation read, the oldest removed.
//! Who writes, and when, is in `crate::writer`.

use anyhow::anyhow;
use patchbay_core::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Row as _};

use super::{Call, Outcome, Sent};
use crate::writer::insertion;

/// What an insertion binds; `id` numbers itself, and `counted` is the database's.
const COLUMNS: [&str; 14] = [
    "request_id",
    "operation_id",
    "tenant_id",
    "plugin",
    "digest",
    "upstream",
    "method",
    "path",
    "status",
    "failure",
    "backend_request_id",
    "ids",
    "sent_at",
    "took_us",
];

/// Whose calls are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// Those that served a call of the platform.
    Request(&'a str),
    /// Those that belong to an operation.
    Operation(&'a str),
}

/// Every call of the deployment.
pub(super) struct Store {
    pool: AnyPool,
}

impl Store {
    pub(super) fn new(pool: AnyPool) -> Self {
        Self { pool }
    }

    pub(super) async fn page(&self, of: Of<'_>, (number, size): (u32, u32)) -> Result<Vec<Call>, Error> {
        let (sql, id) = match of {
            Of::Request(id) => {
                ("SELECT * FROM journal WHERE request_id = $1 ORDER BY id LIMIT $2 OFFSET $3", id)
            }
            Of::Operation(id) => {
                ("SELECT * FROM journal WHERE operation_id = $1 ORDER BY id LIMIT $2 OFFSET $3", id)
            }
        };
        let before = i64::from(number.saturating_sub(1)) * i64::from(size);
        let query = sqlx::query(sql).bind(id).bind(i64::from(size)).bind(before);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Removes calls that were written more than `kept_ms` of counted time ago, at most so many.
    pub(super) async fn prune_older(&self, kept_ms: i64, batch_max: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM journal WHERE id IN \
                   (SELECT id FROM journal WHERE counted < (SELECT total_ms FROM counted_time) - $1 \
                   ORDER BY counted LIMIT $2)";
        let query = sqlx::query(sql).bind(kept_ms).bind(i64::from(batch_max));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }

    /// Removes the oldest where there are more than `rows_max`, at most so many. Numbers are not counted: they have few
    /// gaps, and with those less is kept, never more.
    pub(super) async fn prune_beyond(&self, rows_max: i64, batch_max: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM journal WHERE id IN (SELECT id FROM journal \
                   WHERE id <= (SELECT MAX(id) FROM journal) - $1 ORDER BY id LIMIT $2)";
        let query = sqlx::query(sql).bind(rows_max).bind(i64::from(batch_max));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

/// Writes them all or none, in one statement and so in one transaction.
pub(super) async fn insert(connection: &mut AnyConnection, calls: &[Call]) -> Result<(), sqlx::Error> {
    // Made of this file's own words and numbers; what came from outside is bound.
    let mut query = sqlx::query(AssertSqlSafe(insertion("journal", &COLUMNS, calls.len())));
    for Call { sent, outcome, sent_at, took_us, .. } in calls {
        query = query
            .bind(&sent.request_id)
            .bind(&sent.operation_id)
            .bind(sent.tenant_id.map(|id| id.to_string()))
            .bind(&sent.plugin)
            .bind(&sent.digest)
            .bind(&sent.upstream)
            .bind(&sent.method)
            .bind(&sent.path)
            .bind(outcome.status.map(i64::from))
            .bind(&outcome.failure)
            .bind(&outcome.backend_request_id)
            .bind(serde_json::Value::from(outcome.ids.as_slice()).to_string())
            .bind(sent_at)
            .bind(took_us);
    }
    query.execute(connection).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Call, Error> {
    let damaged = |column: &str| Error::internal(anyhow!("journal.{column} is damaged"));
    let tenant_id: Option<&str> = row.try_get("tenant_id")?;
    let tenant_id = tenant_id.map(str::parse).transpose().map_err(|_| damaged("tenant_id"))?;
    let status: Option<i64> = row.try_get("status")?;
    let ids: &str = row.try_get("ids")?;
    let sent = Sent {
        request_id: row.try_get("request_id")?,
        operation_id: row.try_get("operation_id")?,
        tenant_id,
        plugin: row.try_get("plugin")?,
        digest: row.try_get("digest")?,
        upstream: row.try_get("upstream")?,
        method: row.try_get("method")?,
        path: row.try_get("path")?,
    };
    let outcome = Outcome {
        status: status.map(u16::try_from).transpose().map_err(|_| damaged("status"))?,
        failure: row.try_get("failure")?,
        backend_request_id: row.try_get("backend_request_id")?,
        ids: serde_json::from_str(ids).map_err(|_| damaged("ids"))?,
    };
    let (sent_at, took_us) = (row.try_get("sent_at")?, row.try_get("took_us")?);
    Ok(Call { number: row.try_get("id")?, sent, outcome, sent_at, took_us })
}
