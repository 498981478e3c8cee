//! The table `operation`: an operation's steps, from its beginning to its end. What is read of it is in `select`, how long it
//! is kept in `prune`, and where the resources are that operations made in `placement`.
//!
//! ```text
//! begin → beginning ── running (each new ticket) ── done
//!              └──────────┴── abandoning ── failed
//! ```
//!
//! An operation that has ended never changes again: of two that report on it, the second is told so. Only the host that
//! carries an operation may write its steps; who that is when a host dies is in `adoption`. When to poll is decided in
//! `carry`. The column `next_poll_at`, in which nobody looks, goes with a later change of the schema.

mod adoption;
mod placement;
mod prune;
mod row;
mod select;
mod unwritten;

use patchbay_core::error::Error;
use patchbay_core::{HostId, OperationId, TenantId};
use patchbay_database::now_ms;
use patchbay_durable::idempotency::{Idempotency, IdempotencyKey};
use patchbay_durable::journal::OrphanedResource;
use patchbay_durable::membership::Lost;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyPool, Executor};

pub use self::adoption::Free;
pub use self::select::Filter;
pub use self::unwritten::Unwritten;
use super::{Failure, Operation, Origin};

/// Every operation of the deployment.
#[derive(Debug, Clone)]
pub struct Operations {
    pool: AnyPool,
    /// Whose operations are begun and written here; empty: nobody's.
    host: String,
}

impl Operations {
    /// The operations in the database, for one who carries none of a host's.
    #[must_use]
    pub fn new(pool: AnyPool) -> Self {
        Self { pool, host: String::new() }
    }

    /// The same for a host, which carries what it begins.
    #[must_use]
    pub fn of_host(&self, host: HostId) -> Self {
        Self { pool: self.pool.clone(), host: host.to_string() }
    }

    /// Notes an operation before the plugin is called, so that a crash leaves its id to undo things by.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn begin(&self, origin: Origin) -> Result<Operation, Error> {
        let operation = Operation::new(origin);
        self.insert(&operation, &self.pool).await?;
        Ok(operation)
    }

    /// The same for a request that must not be done twice; `None` where it came before.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn begin_once(
        &self,
        origin: Origin,
        (once, keys): (&IdempotencyKey, &Idempotency),
    ) -> Result<Option<Operation>, Error> {
        let operation = Operation::new(origin);
        let mut both = self.pool.begin().await?;
        let owner = Some(operation.origin.tenant_id);
        if !keys.hold(&mut both, (owner, once), Some(operation.id), None).await? {
            return Ok(None);
        }
        self.insert(&operation, &mut *both).await?;
        both.commit().await?;
        Ok(Some(operation))
    }

    async fn insert(&self, new: &Operation, at: impl Executor<'_, Database = Any>) -> Result<(), Error> {
        let sql = "INSERT INTO operation (id, tenant_id, user_id, domain, region, method, request_id, \
                   plugin, digest, state, step, created_at, updated_at, next_poll_at, host, begun_counted) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12, $13, \
                   (SELECT total_ms FROM counted_time))";
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
            .bind(new.state.as_str())
            .bind(&new.step)
            .bind(new.created_at)
            .bind(&self.host)
            .execute(at)
            .await?;
        Ok(())
    }

    /// Notes the next ticket, and the step and the percentage for people. An operation that is being abandoned stays so.
    ///
    /// # Errors
    /// [`Unwritten::Lost`]: it has ended, or another host carries it.
    pub async fn running(
        &self,
        id: OperationId,
        ticket: &str,
        step: &str,
        percent: Option<u8>,
    ) -> Result<(), Unwritten> {
        let sql = "UPDATE operation SET updated_at = $2, ticket = $4, step = $5, percent = $6, \
                   state = CASE state WHEN 'abandoning' THEN 'abandoning' ELSE 'running' END \
                   WHERE id = $1 AND host = $3 AND state IN ('beginning', 'running', 'abandoning')";
        let update = self.changing(sql, id).bind(ticket).bind(step).bind(percent.map(i64::from));
        self.change(update).await
    }

    /// Notes what it is about.
    ///
    /// # Errors
    /// [`Unwritten::Lost`]: it has ended, or another host carries it.
    pub async fn set_resource(&self, id: OperationId, resource_id: &str) -> Result<(), Unwritten> {
        let sql = "UPDATE operation SET updated_at = $2, resource_id = $4 \
                   WHERE id = $1 AND host = $3 AND state IN ('beginning', 'running', 'abandoning')";
        self.change(self.changing(sql, id).bind(resource_id)).await
    }

    /// Notes why it failed; what it made is to be undone, beginning now.
    ///
    /// # Errors
    /// [`Unwritten::Lost`]: it has ended, or another host carries it.
    pub async fn abandoning(&self, id: OperationId, failure: &Failure) -> Result<(), Unwritten> {
        let sql = "UPDATE operation SET updated_at = $2, state = 'abandoning', \
                   error_kind = $4, error_message = $5 \
                   WHERE id = $1 AND host = $3 AND state IN ('beginning', 'running', 'abandoning')";
        self.change(self.changing(sql, id).bind(failure.kind.as_str()).bind(&failure.message)).await
    }

    /// Ends it well, at `finished_at` (RFC 3339), with a `message` for the platform or none.
    ///
    /// # Errors
    /// [`Unwritten::Lost`]: it has ended already, is being abandoned, or another host carries it.
    pub async fn end_done(
        &self,
        id: OperationId,
        finished_at: &str,
        message: Option<&str>,
    ) -> Result<(), Unwritten> {
        let sql = "UPDATE operation SET updated_at = $2, state = 'done', ticket = NULL, percent = 100, \
                   finished_at = $4, message = $5, ended_counted = (SELECT total_ms FROM counted_time) WHERE id = $1 AND host = $3 AND state IN ('beginning', 'running')";
        self.change(self.changing(sql, id).bind(finished_at).bind(message)).await
    }

    /// Ends it badly; the failure is the one to tell, and `left` what is known of what could not be undone: `None` where
    /// all was.
    ///
    /// # Errors
    /// [`Unwritten::Lost`]: it has ended already, or another host carries it.
    pub async fn end_failed(
        &self,
        id: OperationId,
        failure: &Failure,
        left: Option<&[OrphanedResource]>,
    ) -> Result<(), Unwritten> {
        let undone = left.is_none();
        let left = left.filter(|left| !left.is_empty()).map(serde_json::to_string).transpose();
        let left = left.map_err(Error::internal)?;
        let sql = "UPDATE operation SET updated_at = $2, state = 'failed', ticket = NULL, error_kind = $4, \
                   error_message = $5, leftovers = $6, undone = $7, \
                   ended_counted = (SELECT total_ms FROM counted_time) \
                   WHERE id = $1 AND host = $3 AND state IN ('beginning', 'running', 'abandoning')";
        let update = self.changing(sql, id).bind(failure.kind.as_str()).bind(&failure.message).bind(left);
        self.change(update.bind(i64::from(undone))).await
    }

    /// Notes that the tenant wants it given up; whoever carries it sees that before its next step.
    ///
    /// # Errors
    /// [`Kind::Conflict`](patchbay_core::error::Kind::Conflict): it has ended already, or is none of the tenant's.
    /// `Unavailable` when the database does not answer.
    pub async fn request_cancel(&self, tenant_id: TenantId, id: OperationId) -> Result<(), Error> {
        let sql = "UPDATE operation SET updated_at = $2, cancel_requested_at = $2 \
                   WHERE id = $1 AND tenant_id = $3 AND state IN ('beginning', 'running', 'abandoning')";
        let update = sqlx::query(sql).bind(id.to_string()).bind(now_ms()).bind(tenant_id.to_string());
        Ok(self.change(update).await?)
    }

    /// An update whose `$1` is the operation, whose `$2` is now and whose `$3` is the host that must carry it.
    fn changing(&self, sql: &'static str, id: OperationId) -> Query<'_, Any, AnyArguments> {
        sqlx::query(sql).bind(id.to_string()).bind(now_ms()).bind(&self.host)
    }

    async fn change(&self, update: Query<'_, Any, AnyArguments>) -> Result<(), Unwritten> {
        if update.execute(&self.pool).await?.rows_affected() == 1 { Ok(()) } else { Err(Lost.into()) }
    }
}
