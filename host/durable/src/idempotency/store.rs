//! The table `idempotency`. How long a key is held is counted time (`patchbay_database`), which a clock that is set does not
//! move. An answer in it is sealed under the master key, for its tenant and key only.

use std::sync::Arc;

use patchbay_core::error::{Error, Kind};
use patchbay_core::seal::MasterKey;
use patchbay_core::{OperationId, TenantId};
use patchbay_database::now_ms;
use sqlx::{Any, AnyPool, Row as _, Transaction};

use super::{Config, IdempotencyKey};

/// Whether a key is held no longer: its time is over, and so is what it stands for.
macro_rules! outlived {
    ($kept_ms:literal) => {
        concat!(
            "held_counted < (SELECT total_ms FROM counted_time) - ",
            $kept_ms,
            " AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.id = idempotency.operation_id \
             AND operation.state IN ('beginning', 'running', 'abandoning'))"
        )
    };
}

/// The keys of the deployment. Where a tenant is asked for, none is the operator.
#[derive(Debug)]
pub struct Idempotency {
    pool: AnyPool,
    master: Arc<MasterKey>,
    kept_ms: i64,
}

/// What the same request led to before.
#[derive(Debug)]
pub struct Earlier {
    /// What it began.
    pub operation: Option<OperationId>,
    /// What was answered, where that is known.
    pub answer: Option<Vec<u8>>,
}

impl Idempotency {
    /// The keys in the database.
    #[must_use]
    pub fn new(pool: AnyPool, master: Arc<MasterKey>, config: Config) -> Self {
        Self { pool, master, kept_ms: i64::try_from(config.kept_ms).unwrap_or(i64::MAX) }
    }

    /// What the request led to when it was sent before; `None` where it was not, or too long ago.
    ///
    /// # Errors
    /// [`Kind::Exists`]: the key came with another request. [`Kind::Unavailable`]: the database does not answer.
    pub async fn find(
        &self,
        tenant: Option<TenantId>,
        once: &IdempotencyKey,
    ) -> Result<Option<Earlier>, Error> {
        let sql = concat!(
            "SELECT fingerprint, operation_id, answer FROM idempotency \
             WHERE tenant_id = $1 AND idempotency_key = $2 AND NOT (",
            outlived!("$3"),
            ")"
        );
        let query = sqlx::query(sql).bind(owner(tenant)).bind(&once.key).bind(self.kept_ms);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        if row.try_get::<&str, _>("fingerprint")? != once.fingerprint {
            return Err(Error::new(Kind::Exists, "idempotency-key was used for another request."));
        }
        let operation: Option<String> = row.try_get("operation_id")?;
        let answer: Option<String> = row.try_get("answer")?;
        let unsealed = |sealed| self.master.unseal_answer(&sealing(tenant, once), sealed);
        Ok(Some(Earlier {
            operation: operation.map(|id| id.parse()).transpose().map_err(Error::internal)?,
            answer: answer.as_deref().map(unsealed).transpose().map_err(Error::internal)?,
        }))
    }

    /// Holds the key for what the same transaction writes down: an operation, an answer that is whole already, or neither
    /// yet. False: it is held for another request, or something came of this one. What the same request holds without
    /// either goes over to it: whoever held it so came to no end. Two that try at once wait for each other.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn hold(
        &self,
        at: &mut Transaction<'_, Any>,
        (tenant, once): (Option<TenantId>, &IdempotencyKey),
        operation: Option<OperationId>,
        answer: Option<&[u8]>,
    ) -> Result<bool, Error> {
        let outlived = concat!(
            "DELETE FROM idempotency WHERE tenant_id = $1 AND idempotency_key = $2 AND ",
            outlived!("$3")
        );
        let delete = sqlx::query(outlived).bind(owner(tenant)).bind(&once.key).bind(self.kept_ms);
        delete.execute(&mut **at).await?;
        let sql = "INSERT INTO idempotency \
                   (tenant_id, idempotency_key, fingerprint, operation_id, answer, created_at, held_counted) \
                   VALUES ($1, $2, $3, $4, $5, $6, (SELECT total_ms FROM counted_time)) \
                   ON CONFLICT (tenant_id, idempotency_key) DO UPDATE SET operation_id = excluded.operation_id, \
                   answer = excluded.answer, created_at = excluded.created_at, held_counted = excluded.held_counted \
                   WHERE idempotency.fingerprint = excluded.fingerprint AND idempotency.operation_id IS NULL \
                   AND idempotency.answer IS NULL";
        let insert = sqlx::query(sql)
            .bind(owner(tenant))
            .bind(&once.key)
            .bind(&once.fingerprint)
            .bind(operation.map(|id| id.to_string()))
            .bind(answer.map(|answer| self.sealed(tenant, once, answer)).transpose()?)
            .bind(now_ms());
        Ok(insert.execute(&mut **at).await?.rows_affected() == 1)
    }

    /// Keeps the answer to what the operation did; the first one stays.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn keep(
        &self,
        (tenant, once): (Option<TenantId>, &IdempotencyKey),
        operation: OperationId,
        answer: &[u8],
    ) -> Result<(), Error> {
        let sql = "UPDATE idempotency SET answer = $4 WHERE tenant_id = $1 AND idempotency_key = $2 \
                   AND operation_id = $3 AND answer IS NULL";
        let update = sqlx::query(sql)
            .bind(owner(tenant))
            .bind(&once.key)
            .bind(operation.to_string())
            .bind(self.sealed(tenant, once, answer)?);
        update.execute(&self.pool).await?;
        Ok(())
    }

    /// Gives the key back, if it is this operation's.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn give_back(
        &self,
        (tenant, once): (Option<TenantId>, &IdempotencyKey),
        operation: OperationId,
    ) -> Result<(), Error> {
        let sql = "DELETE FROM idempotency \
                   WHERE tenant_id = $1 AND idempotency_key = $2 AND operation_id = $3";
        let delete = sqlx::query(sql).bind(owner(tenant)).bind(&once.key).bind(operation.to_string());
        delete.execute(&self.pool).await?;
        Ok(())
    }

    /// Gives the key back with what the same transaction undoes, where it is held for this request and no operation.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn release(
        &self,
        at: &mut Transaction<'_, Any>,
        (tenant, once): (Option<TenantId>, &IdempotencyKey),
    ) -> Result<(), Error> {
        let sql = "DELETE FROM idempotency WHERE tenant_id = $1 AND idempotency_key = $2 \
                   AND fingerprint = $3 AND operation_id IS NULL";
        let delete = sqlx::query(sql).bind(owner(tenant)).bind(&once.key).bind(&once.fingerprint);
        delete.execute(&mut **at).await?;
        Ok(())
    }

    /// Removes keys that are kept no longer, the oldest first and `rows_max` at most; how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune(&self, rows_max: u32) -> Result<u64, Error> {
        let sql = concat!(
            "DELETE FROM idempotency WHERE (tenant_id, idempotency_key) IN \
             (SELECT tenant_id, idempotency_key FROM idempotency WHERE ",
            outlived!("$1"),
            " ORDER BY held_counted LIMIT $2)"
        );
        let delete = sqlx::query(sql).bind(self.kept_ms).bind(i64::from(rows_max));
        Ok(delete.execute(&self.pool).await?.rows_affected())
    }

    fn sealed(
        &self,
        tenant: Option<TenantId>,
        once: &IdempotencyKey,
        answer: &[u8],
    ) -> Result<String, Error> {
        self.master.seal_answer(&sealing(tenant, once), answer).map_err(Error::internal)
    }
}

fn owner(tenant: Option<TenantId>) -> String {
    tenant.map(|tenant| tenant.to_string()).unwrap_or_default()
}

/// What an answer is sealed for: in another row it is not readable.
fn sealing(tenant: Option<TenantId>, once: &IdempotencyKey) -> String {
    format!("{} {}", owner(tenant), once.key)
}
