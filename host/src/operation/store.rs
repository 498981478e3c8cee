//! The tables `operation` and `placement`, which tells where the resources are that operations made.
//!
//! ```text
//! begin → beginning ── running (each new ticket) ── done
//!              └──────────┴── abandoning ── failed
//! ```
//!
//! An operation that has ended never changes again: of two that report on it, the second is told so. When to
//! poll is the poller's affair.

use anyhow::anyhow;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyPool, Row as _};

use super::{Failure, Operation, OperationId, Origin, State};
use crate::database::now_ms;
use crate::error::{Error, Kind};
use crate::tenant::TenantId;

/// Unfinished operations read at a time.
const UNFINISHED_MAX: i64 = 10_000;

/// Every operation of the deployment.
#[derive(Debug)]
pub struct Operations {
    pool: AnyPool,
}

impl Operations {
    /// The operations in the database.
    #[must_use]
    pub fn new(pool: AnyPool) -> Self {
        Self { pool }
    }

    /// Notes an operation before the plugin is called, so that a crash leaves its id to undo things by.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin(&self, origin: Origin) -> Result<Operation, Error> {
        let now = now_ms();
        let operation = Operation {
            id: OperationId::draw(),
            origin,
            resource_id: None,
            ticket: None,
            state: State::Beginning,
            step: String::new(),
            percent: None,
            failure: None,
            finished_at: None,
            message: None,
            created_at: now,
            updated_at: now,
            next_poll_at: now,
        };
        self.insert(&operation).await?;
        Ok(operation)
    }

    async fn insert(&self, new: &Operation) -> Result<(), Error> {
        let sql = "INSERT INTO operation (id, tenant_id, user_id, domain, region, method, request_id, \
                   plugin, digest, state, step, created_at, updated_at, next_poll_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12)";
        let origin = &new.origin;
        sqlx::query(sql)
            .bind(new.id.to_string())
            .bind(origin.tenant_id.to_string())
            .bind(&origin.user_id)
            .bind(&origin.domain)
            .bind(&origin.region)
            .bind(&origin.method)
            .bind(&origin.request_id)
            .bind(&origin.plugin)
            .bind(&origin.digest)
            .bind(new.state.word())
            .bind(&new.step)
            .bind(new.created_at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Notes the next ticket, the step and the percentage for people, and when to poll (milliseconds since
    /// 1970-01-01T00:00:00Z). An operation that is being abandoned stays so.
    ///
    /// # Errors
    /// [`Kind::Conflict`]: it has ended. Otherwise the database fails.
    pub async fn running(
        &self,
        id: OperationId,
        ticket: &str,
        step: &str,
        percent: Option<u8>,
        next_poll_at: i64,
    ) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, ticket = $3, step = $4, percent = $5, \
                   next_poll_at = $6, \
                   state = CASE state WHEN 'abandoning' THEN 'abandoning' ELSE 'running' END \
                   WHERE id = $1 AND state IN ('beginning', 'running', 'abandoning')";
        let update =
            changing(sql, id).bind(ticket).bind(step).bind(percent.map(i64::from)).bind(next_poll_at);
        self.change(update).await
    }

    /// Notes what it is about.
    ///
    /// # Errors
    /// [`Kind::Conflict`]: it has ended. Otherwise the database fails.
    pub async fn set_resource(&self, id: OperationId, resource_id: &str) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, resource_id = $3 \
                   WHERE id = $1 AND state IN ('beginning', 'running', 'abandoning')";
        self.change(changing(sql, id).bind(resource_id)).await
    }

    /// Notes why it failed; what it made is to be undone, beginning now.
    ///
    /// # Errors
    /// [`Kind::Conflict`]: it has ended. Otherwise the database fails.
    pub async fn abandoning(&self, id: OperationId, failure: &Failure) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, next_poll_at = $2, state = 'abandoning', \
                   error_kind = $3, error_message = $4 \
                   WHERE id = $1 AND state IN ('beginning', 'running', 'abandoning')";
        self.change(changing(sql, id).bind(failure.kind.word()).bind(&failure.message)).await
    }

    /// Ends it well, at `finished_at` (RFC 3339), with a `message` for the platform or none.
    ///
    /// # Errors
    /// [`Kind::Conflict`]: it has ended already, or is being abandoned. Otherwise the database fails.
    pub async fn end_done(
        &self,
        id: OperationId,
        finished_at: &str,
        message: Option<&str>,
    ) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, state = 'done', ticket = NULL, percent = 100, \
                   finished_at = $3, message = $4 WHERE id = $1 AND state IN ('beginning', 'running')";
        self.change(changing(sql, id).bind(finished_at).bind(message)).await
    }

    /// Ends it badly; the failure is the one to tell, with what is left if something is.
    ///
    /// # Errors
    /// [`Kind::Conflict`]: it has ended already. Otherwise the database fails.
    pub async fn end_failed(&self, id: OperationId, failure: &Failure) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, state = 'failed', ticket = NULL, error_kind = $3, \
                   error_message = $4 WHERE id = $1 AND state IN ('beginning', 'running', 'abandoning')";
        self.change(changing(sql, id).bind(failure.kind.word()).bind(&failure.message)).await
    }

    async fn change(&self, update: Query<'_, Any, AnyArguments>) -> Result<(), Error> {
        if update.execute(&self.pool).await?.rows_affected() == 1 {
            return Ok(());
        }
        Err(Error::new(Kind::Conflict, "The operation has ended already."))
    }

    /// The tenant's operation; another tenant's is none.
    ///
    /// # Errors
    /// The database fails.
    pub async fn get(&self, tenant_id: TenantId, id: OperationId) -> Result<Option<Operation>, Error> {
        let sql = "SELECT * FROM operation WHERE id = $1 AND tenant_id = $2";
        let query = sqlx::query(sql).bind(id.to_string()).bind(tenant_id.to_string());
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Notes in which region a resource of the tenant is; where that is known already, it stays.
    ///
    /// # Errors
    /// The database fails.
    pub async fn place(&self, tenant_id: TenantId, resource_id: &str, region: &str) -> Result<(), Error> {
        let sql = "INSERT INTO placement (tenant_id, resource_id, region) VALUES ($1, $2, $3) \
                   ON CONFLICT (tenant_id, resource_id) DO NOTHING";
        sqlx::query(sql)
            .bind(tenant_id.to_string())
            .bind(resource_id)
            .bind(region)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets where a resource was.
    ///
    /// # Errors
    /// The database fails.
    pub async fn displace(&self, tenant_id: TenantId, resource_id: &str) -> Result<(), Error> {
        let sql = "DELETE FROM placement WHERE tenant_id = $1 AND resource_id = $2";
        sqlx::query(sql).bind(tenant_id.to_string()).bind(resource_id).execute(&self.pool).await?;
        Ok(())
    }

    /// In which region a resource of the tenant is, where that was noted.
    ///
    /// # Errors
    /// The database fails.
    pub async fn placed(&self, tenant_id: TenantId, resource_id: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT region FROM placement WHERE tenant_id = $1 AND resource_id = $2";
        let query = sqlx::query(sql).bind(tenant_id.to_string()).bind(resource_id);
        Ok(query.fetch_optional(&self.pool).await?.map(|row| row.try_get("region")).transpose()?)
    }

    /// Those that have not ended, the next to poll first, at most 10 000.
    ///
    /// # Errors
    /// The database fails.
    pub async fn unfinished(&self) -> Result<Vec<Operation>, Error> {
        let sql = "SELECT * FROM operation WHERE state IN ('beginning', 'running', 'abandoning') \
                   ORDER BY next_poll_at LIMIT $1";
        sqlx::query(sql).bind(UNFINISHED_MAX).fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

/// An update whose `$1` is the operation and whose `$2` is now.
fn changing(sql: &'static str, id: OperationId) -> Query<'static, Any, AnyArguments> {
    sqlx::query(sql).bind(id.to_string()).bind(now_ms())
}

fn read(row: &AnyRow) -> Result<Operation, Error> {
    let percent: Option<i64> = row.try_get("percent")?;
    Ok(Operation {
        id: parsed(row, "id", |text| text.parse().ok())?,
        origin: read_origin(row)?,
        resource_id: row.try_get("resource_id")?,
        ticket: row.try_get("ticket")?,
        state: parsed(row, "state", State::from_word)?,
        step: row.try_get("step")?,
        percent: percent.and_then(|percent| u8::try_from(percent).ok()),
        failure: read_failure(row)?,
        finished_at: row.try_get("finished_at")?,
        message: row.try_get("message")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        next_poll_at: row.try_get("next_poll_at")?,
    })
}

fn read_origin(row: &AnyRow) -> Result<Origin, Error> {
    Ok(Origin {
        tenant_id: parsed(row, "tenant_id", |text| text.parse().ok())?,
        user_id: row.try_get("user_id")?,
        domain: row.try_get("domain")?,
        region: row.try_get("region")?,
        method: row.try_get("method")?,
        request_id: row.try_get("request_id")?,
        plugin: row.try_get("plugin")?,
        digest: row.try_get("digest")?,
    })
}

fn read_failure(row: &AnyRow) -> Result<Option<Failure>, Error> {
    let kind: Option<String> = row.try_get("error_kind")?;
    let message: Option<String> = row.try_get("error_message")?;
    Ok(kind.zip(message).map(|(kind, message)| Failure { kind: kind_of(&kind), message }))
}

/// The plugin contract's words and those of the host alone, all of which [`Kind::word`] writes.
fn kind_of(word: &str) -> Kind {
    let own = [Kind::Unauthenticated, Kind::Cancelled].into_iter().find(|kind| kind.word() == word);
    own.unwrap_or_else(|| Kind::from_word(word))
}

fn parsed<T>(row: &AnyRow, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: &str = row.try_get(column)?;
    parse(text).ok_or_else(|| Error::internal(anyhow!("operation.{column} is damaged")))
}
