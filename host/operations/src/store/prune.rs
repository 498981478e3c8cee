//! How long the table `operation` keeps what has ended. When that is done is in the `prune` beside `store`.

use patchbay_core::error::Error;

use super::Operations;

impl Operations {
    /// Removes operations that ended more than `kept_ms` of counted time ago, the longest ended first and `rows_max` at
    /// most; how many. One that goes on stays, however old it is.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune(&self, kept_ms: i64, rows_max: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM operation WHERE id IN (SELECT id FROM operation \
                   WHERE state IN ('done', 'failed') AND ended_counted < (SELECT total_ms FROM counted_time) - $1 \
                   ORDER BY ended_counted LIMIT $2)";
        let query = sqlx::query(sql).bind(kept_ms).bind(i64::from(rows_max));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}
