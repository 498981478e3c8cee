//! The table `audit`: many lines written at once, the newest read first, the oldest of each kind removed. Who writes, and when,
//! is in `mod`.

use anyhow::anyhow;
use patchbay_core::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Row as _};

use super::record::{Actor, Kind, Record};
use crate::writer::insertion;

/// What an insertion binds; `id` numbers itself, and `counted` is the database's.
const COLUMNS: [&str; 14] = [
    "at_ms",
    "kind",
    "actor",
    "name",
    "user_id",
    "peer",
    "action",
    "named",
    "outcome",
    "message",
    "request_id",
    "operation_id",
    "plugin",
    "digest",
];

/// Which lines are wanted: those to which all of this applies. What is empty applies to all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// From then on, in milliseconds since 1970-01-01T00:00:00Z.
    pub since_ms: Option<i64>,
    /// Before then.
    pub until_ms: Option<i64>,
    /// Of that kind.
    pub kind: Option<Kind>,
    /// A tenant's id, or an operator's name.
    pub name: String,
    /// A part of what was asked for, or happened.
    pub action: String,
    /// An id or name that the line names, whole.
    pub named: String,
    /// How it ended.
    pub outcome: String,
    /// A call's id.
    pub request_id: String,
    /// An operation's id.
    pub operation_id: String,
    /// Which plugin.
    pub plugin: String,
    /// Older than the line of that number.
    pub before: Option<i64>,
}

/// Every line of the deployment.
pub(super) struct Store {
    pool: AnyPool,
}

impl Store {
    pub(super) fn new(pool: AnyPool) -> Self {
        Self { pool }
    }

    /// The newest lines, so many at most.
    pub(super) async fn newest(&self, wanted: &Filter, size: u32) -> Result<Vec<Record>, Error> {
        let sql = "SELECT * FROM audit WHERE id < $1 AND at_ms >= $2 AND at_ms < $3 \
                   AND ($4 = '' OR kind = $4) AND ($5 = '' OR name = $5) \
                   AND ($6 = '' OR action LIKE '%' || $6 || '%') AND ($7 = '' OR named LIKE '%' || $7 || '%') \
                   AND ($8 = '' OR outcome = $8) AND ($9 = '' OR request_id = $9) \
                   AND ($10 = '' OR operation_id = $10) AND ($11 = '' OR plugin = $11) \
                   ORDER BY id DESC LIMIT $12";
        let query = sqlx::query(sql)
            .bind(wanted.before.unwrap_or(i64::MAX))
            .bind(wanted.since_ms.unwrap_or(i64::MIN))
            .bind(wanted.until_ms.unwrap_or(i64::MAX))
            .bind(wanted.kind.map_or("", Kind::as_str))
            .bind(&wanted.name)
            .bind(&wanted.action)
            .bind(&wanted.named)
            .bind(&wanted.outcome)
            .bind(&wanted.request_id)
            .bind(&wanted.operation_id)
            .bind(&wanted.plugin)
            .bind(i64::from(size));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Removes lines that were written more than `kept_ms` of counted time ago, at most so many.
    pub(super) async fn prune_older(&self, kept_ms: i64, batch_max: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM audit WHERE id IN \
                   (SELECT id FROM audit WHERE counted < (SELECT total_ms FROM counted_time) - $1 \
                   ORDER BY counted LIMIT $2)";
        let query = sqlx::query(sql).bind(kept_ms).bind(i64::from(batch_max));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }

    /// Removes the oldest of a kind where there are more than `rows_max`, at most so many.
    pub(super) async fn prune_beyond(&self, kind: Kind, rows_max: i64, batch_max: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE kind = $1 AND id <= \
                   (SELECT id FROM audit WHERE kind = $1 ORDER BY id DESC LIMIT 1 OFFSET $2) \
                   ORDER BY id LIMIT $3)";
        let query = sqlx::query(sql).bind(kind.as_str()).bind(rows_max).bind(i64::from(batch_max));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

/// Writes them all or none, in one statement and so in one transaction.
pub(super) async fn insert(connection: &mut AnyConnection, records: &[Record]) -> Result<(), sqlx::Error> {
    // Made of this file's own words and numbers; what came from outside is bound.
    let mut query = sqlx::query(AssertSqlSafe(insertion("audit", &COLUMNS, records.len())));
    for record in records {
        query = query
            .bind(record.at_ms)
            .bind(record.kind.as_str())
            .bind(record.actor.as_str())
            .bind(&record.name)
            .bind(&record.user_id)
            .bind(&record.peer)
            .bind(&record.action)
            .bind(serde_json::Value::from(record.named.as_slice()).to_string())
            .bind(&record.outcome)
            .bind(&record.message)
            .bind(&record.request_id)
            .bind(&record.operation_id)
            .bind(&record.plugin)
            .bind(&record.digest);
    }
    query.execute(connection).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Record, Error> {
    let damaged = |column: &str| Error::internal(anyhow!("audit.{column} is damaged"));
    let (kind, actor, named): (&str, &str, &str) =
        (row.try_get("kind")?, row.try_get("actor")?, row.try_get("named")?);
    Ok(Record {
        number: row.try_get("id")?,
        at_ms: row.try_get("at_ms")?,
        kind: Kind::from_word(kind).ok_or_else(|| damaged("kind"))?,
        actor: Actor::from_word(actor).ok_or_else(|| damaged("actor"))?,
        name: row.try_get("name")?,
        user_id: row.try_get("user_id")?,
        peer: row.try_get("peer")?,
        action: row.try_get("action")?,
        named: serde_json::from_str(named).map_err(|_| damaged("named"))?,
        outcome: row.try_get("outcome")?,
        message: row.try_get("message")?,
        request_id: row.try_get("request_id")?,
        operation_id: row.try_get("operation_id")?,
        plugin: row.try_get("plugin")?,
        digest: row.try_get("digest")?,
    })
}
