//! How long the table `operation` keeps what has ended. When to look is `operation::prune`'s affair.

use super::Operations;
use crate::error::Error;

impl Operations {
    /// Removes operations that ended before `before` (milliseconds since 1970-01-01T00:00:00Z), the longest ended first
    /// and `rows_max` at most; how many. One that goes on stays, however old it is.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prune(&self, before: i64, rows_max: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM operation WHERE id IN (SELECT id FROM operation \
                   WHERE state IN ('done', 'failed') AND updated_at < $1 ORDER BY updated_at LIMIT $2)";
        let query = sqlx::query(sql).bind(before).bind(i64::from(rows_max));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}
