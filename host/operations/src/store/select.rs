//! What is read of the table `operation`: one operation, a page of a tenant's, all that have not ended.

use std::ops::Range;

use patchbay_core::error::Error;
use patchbay_core::{OperationId, TenantId};
use sqlx::{AssertSqlSafe, Row as _};

use super::Operations;
use super::row::read;
use crate::Operation;

/// Unfinished operations read at a time.
const UNFINISHED_ROWS: i64 = 1_000;

/// Which of a tenant's operations are wanted.
#[derive(Debug, Clone)]
pub struct Filter {
    /// A state's word.
    pub state: Option<String>,
    /// What they are about.
    pub resource_id: Option<String>,
    /// As "instance.InstanceService/CreateInstance".
    pub method: Option<String>,
    /// As "compute".
    pub domain: Option<String>,
    /// When they began, in milliseconds since 1970-01-01T00:00:00Z.
    pub created: Range<i64>,
}

impl Default for Filter {
    /// All.
    fn default() -> Self {
        Self { state: None, resource_id: None, method: None, domain: None, created: i64::MIN..i64::MAX }
    }
}

impl Filter {
    /// The columns that must hold just this.
    fn equal(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let columns = [
            ("state", &self.state),
            ("resource_id", &self.resource_id),
            ("method", &self.method),
            ("domain", &self.domain),
        ];
        columns.into_iter().filter_map(|(column, wanted)| Some((column, wanted.as_deref()?)))
    }

    /// With the parameters tenant, times, page, and then one for each of [`Filter::equal`]: only what is asked for is
    /// in the text, so that an index can serve it.
    fn sql(&self) -> String {
        let equal = self.equal().zip(6..).map(|((column, _), number)| format!(" AND {column} = ${number}"));
        format!(
            "SELECT * FROM operation WHERE tenant_id = $1 AND created_at >= $2 AND created_at < $3{} \
             ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5",
            equal.collect::<String>()
        )
    }
}

impl Operations {
    /// The tenant's operation; another tenant's is none.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn get(&self, tenant_id: TenantId, id: OperationId) -> Result<Option<Operation>, Error> {
        let sql = "SELECT * FROM operation WHERE id = $1 AND tenant_id = $2";
        let query = sqlx::query(sql).bind(id.to_string()).bind(tenant_id.to_string());
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// A page of the tenant's, the newest first; `number` begins at 1.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn list(
        &self,
        tenant_id: TenantId,
        filter: &Filter,
        (number, size): (u32, u32),
    ) -> Result<Vec<Operation>, Error> {
        // The columns' names are this file's own; what is asked for is bound.
        let query = sqlx::query(AssertSqlSafe(filter.sql()))
            .bind(tenant_id.to_string())
            .bind(filter.created.start)
            .bind(filter.created.end)
            .bind(i64::from(size))
            .bind(i64::from(number.saturating_sub(1)) * i64::from(size));
        let query = filter.equal().fold(query, |query, (_, wanted)| query.bind(wanted));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Whether the tenant wants it given up.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn cancel_requested(&self, id: OperationId) -> Result<bool, Error> {
        let sql = "SELECT cancel_requested_at FROM operation WHERE id = $1";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&self.pool).await?;
        let at: Option<i64> = row.map(|row| row.try_get(0)).transpose()?.flatten();
        Ok(at.is_some())
    }

    /// How long it has gone on, in milliseconds of counted time: what a clock that is set does not change, and what no
    /// host lived through does not count.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn age_ms(&self, id: OperationId) -> Result<u64, Error> {
        let sql = "SELECT (SELECT total_ms FROM counted_time) - begun_counted FROM operation WHERE id = $1";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&self.pool).await?;
        let age: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
        Ok(age.and_then(|age| u64::try_from(age).ok()).unwrap_or(0))
    }

    /// All that have not ended.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn unfinished(&self) -> Result<Vec<Operation>, Error> {
        let mut all: Vec<Operation> = Vec::new();
        loop {
            let last = all.last().map_or_else(String::new, |last| last.id.to_string());
            let page = self.unfinished_after(&last).await?;
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        Ok(all)
    }

    /// By their ids, which do not change while others go on with them: none is met twice.
    async fn unfinished_after(&self, id: &str) -> Result<Vec<Operation>, Error> {
        let sql = "SELECT * FROM operation WHERE state IN ('beginning', 'running', 'abandoning') \
                   AND id > $1 ORDER BY id LIMIT $2";
        let query = sqlx::query(sql).bind(id).bind(UNFINISHED_ROWS);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}
