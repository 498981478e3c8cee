//! Which tenants changed, in the order in which it was committed: the column `revision`, and the table that counts it.
//!
//! Whoever changes what authentication sees takes the next number first, in the same transaction. The counter's row stays
//! locked until that ends, so no number is seen before a smaller one.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::TenantId;
use patchbay_core::error::Error;
use patchbay_core::seal::Digest;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row as _};
use tokio::time::Instant;

use super::super::Tenant;
use super::super::directory::{Change, Page};
use super::super::keys::Keys;
use super::Tenants;

/// Changes that are read at a time.
const PAGE_ROWS: i64 = 10_000;

impl Tenants {
    /// Whether `shown` is the digest of the tenant's key as far as is known.
    pub fn knows(&self, id: TenantId, shown: &Digest) -> bool {
        self.directory.has(id, shown)
    }

    /// The active tenant of this id, if `shown` is the digest of its key. A key that is not, as far as is known, costs the
    /// same whether there is such a tenant or not, and no read of its own.
    ///
    /// # Errors
    /// [`Busy`](patchbay_core::error::Kind::Busy): more calls wait than `tenant.waiting_max`.
    /// [`Unavailable`](patchbay_core::error::Kind::Unavailable): the database does not answer.
    pub async fn authenticated(&self, id: TenantId, shown: &Digest) -> Result<Option<Arc<Tenant>>, Error> {
        if !(self.directory.is_fresh() && self.directory.has(id, shown)) {
            self.refresh().await?;
        }
        if !self.directory.has(id, shown) {
            return Ok(None);
        }
        let found = self.find(id).await?;
        if found.is_none() {
            // Its row went before its last change was read.
            self.directory.set(id, None);
        }
        Ok(found)
    }

    /// Reads what changed.
    pub(super) async fn refresh(&self) -> Result<(), Error> {
        let (pool, cache, reads) = (self.pool.clone(), self.cache.clone(), self.reads.clone());
        let read = move |revision| {
            let (pool, cache) = (pool.clone(), cache.clone());
            reads.inc();
            async move {
                let page = after(&pool, revision).await?;
                for change in &page.changes {
                    cache.invalidate(&change.id).await;
                }
                Ok(page)
            }
        };
        self.directory.refresh(read).await
    }
}

/// The number of the change that this transaction makes.
pub(super) async fn next(transaction: &mut AnyConnection) -> Result<i64, Error> {
    let sql = "UPDATE tenant_revision SET value = value + 1 RETURNING value";
    Ok(sqlx::query(sql).fetch_one(transaction).await?.try_get("value")?)
}

/// A page of what changed after that revision.
pub(super) async fn after(pool: &AnyPool, revision: i64) -> Result<Page, Error> {
    // What a host of an earlier version makes active has no revision.
    let sql = "SELECT tenant_id, apikey, state, revision, apikey_before, \
               apikey_before_until - (SELECT total_ms FROM counted_time) AS before_ms FROM tenant_info \
               WHERE revision > $1 OR (revision = 0 AND state = 'active') ORDER BY revision LIMIT $2";
    let rows = sqlx::query(sql).bind(revision).bind(PAGE_ROWS).fetch_all(pool).await?;
    let changes: Vec<_> = rows.iter().map(change).collect::<Result<_, _>>()?;
    Ok(Page { changes: changes.into_iter().flatten().collect(), full: rows.len() as i64 >= PAGE_ROWS })
}

/// None where the row is damaged: nobody can be that tenant.
fn change(row: &AnyRow) -> Result<Option<Change>, Error> {
    let (text, apikey, state): (String, String, String) =
        (row.try_get("tenant_id")?, row.try_get("apikey")?, row.try_get("state")?);
    let (id, key) = (text.parse::<TenantId>(), Digest::from_base64(&apikey));
    let (Ok(id), Ok(key)) = (id, key) else {
        tracing::error!(tenant = text, "the tenant's row is damaged");
        return Ok(None);
    };
    let keys = keys(row, key)?;
    Ok(Some(Change { id, revision: row.try_get("revision")?, keys: (state == "active").then_some(keys) }))
}

/// With the one before it, where that still holds.
fn keys(row: &AnyRow, current: Digest) -> Result<Keys, Error> {
    let (before, ms): (Option<String>, i64) = (row.try_get("apikey_before")?, row.try_get("before_ms")?);
    let (before, ms) = (before.and_then(|before| Digest::from_base64(&before).ok()), u64::try_from(ms));
    let keys = Keys::only(current);
    Ok(match (before, ms) {
        (Some(before), Ok(ms)) => keys.beside(before, Instant::now() + Duration::from_millis(ms)),
        _ => keys,
    })
}
