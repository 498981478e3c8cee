//! The table `operation`: an operation's steps, from its beginning to its end. What is read of it is in `select`, how long it
//! is kept in `prune`, and where the resources are that operations made in `placement`.
//!
//! ```text
//! begin → beginning ── running (each new ticket) ── done
//!              └──────────┴── abandoning ── failed
//! ```
//!
//! An operation that has ended never changes again: of two that report on it, the second is told so. When to
//! poll is the poller's affair.

mod placement;
mod prune;
mod row;
mod select;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyPool};

pub use self::select::Filter;
use super::{Failure, Operation, OperationId, Origin, State};
use crate::database::now_ms;
use crate::error::{Error, Kind};
use crate::tenant::TenantId;

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
            cancel_requested: false,
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

    /// Notes that the tenant wants it given up; whoever carries it sees that before its next step.
    ///
    /// # Errors
    /// [`Kind::Conflict`]: it has ended already, or is none of the tenant's. Otherwise the database fails.
    pub async fn request_cancel(&self, tenant_id: TenantId, id: OperationId) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, cancel_requested_at = $2 \
                   WHERE id = $1 AND tenant_id = $3 AND state IN ('beginning', 'running', 'abandoning')";
        self.change(changing(sql, id).bind(tenant_id.to_string())).await
    }

    async fn change(&self, update: Query<'_, Any, AnyArguments>) -> Result<(), Error> {
        if update.execute(&self.pool).await?.rows_affected() == 1 {
            return Ok(());
        }
        Err(Error::new(Kind::Conflict, "The operation has ended already."))
    }
}

/// An update whose `$1` is the operation and whose `$2` is now.
fn changing(sql: &'static str, id: OperationId) -> Query<'static, Any, AnyArguments> {
    sqlx::query(sql).bind(id.to_string()).bind(now_ms())
}
