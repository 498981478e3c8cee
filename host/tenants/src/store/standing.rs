//! What an operator sees of tenants and changes in their rows: another api key, suspension. Who may is decided in `admin`.

use std::time::Duration;

use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};
use patchbay_core::seal::random_secret;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Tenants, changes, id_of};
use crate::{SECRET_CHARS, Standing};

const SHOWN: &str = "SELECT tenant_id, tenant_name, suspended, created_at, openstack_projectid, apikey_before, \
                     apikey_before_until - (SELECT total_ms FROM counted_time) AS before_ms FROM tenant_info \
                     WHERE state = 'active'";

impl Tenants {
    /// A page of the active tenants, in the order of their ids; `number` begins at 1. A name that is not empty is that of the
    /// only one.
    pub(crate) async fn standings(
        &self,
        name: &str,
        (number, size): (u32, u32),
    ) -> Result<Vec<Standing>, Error> {
        let sql = format!("{SHOWN} AND ($1 = '' OR tenant_name = $1) ORDER BY tenant_id LIMIT $2 OFFSET $3");
        let before = i64::from(number.saturating_sub(1)) * i64::from(size);
        // Made of this file's own words.
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(name).bind(i64::from(size)).bind(before);
        query.fetch_all(&self.pool).await?.iter().map(standing).collect()
    }

    /// How one tenant stands.
    pub(crate) async fn standing(&self, id: TenantId) -> Result<Standing, Error> {
        let sql = sqlx::AssertSqlSafe(format!("{SHOWN} AND tenant_id = $1"));
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&self.pool).await?;
        standing(&row.ok_or_else(absent)?)
    }

    /// Gives the tenant another key; the one that it has holds for so long beside it.
    pub(crate) async fn rotate(&self, id: TenantId, overlap: Duration) -> Result<SecretString, Error> {
        let apikey = random_secret(SECRET_CHARS).map_err(Error::internal)?;
        let digest = self.master.digest(&id.to_string(), apikey.expose_secret()).to_base64();
        let sql = "UPDATE tenant_info SET apikey_before = apikey, \
                   apikey_before_until = (SELECT total_ms FROM counted_time) + $4, apikey = $3, revision = $2 \
                   WHERE tenant_id = $1 AND state = 'active'";
        let mut change = self.pool.begin().await?;
        let revision = changes::next(&mut change).await?;
        let overlap = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX / 2);
        let query = sqlx::query(sql).bind(id.to_string()).bind(revision).bind(digest).bind(overlap);
        let done = query.execute(&mut *change).await?;
        if done.rows_affected() != 1 {
            return Err(absent());
        }
        change.commit().await?;
        self.changed(id).await?;
        Ok(apikey)
    }

    /// Refuses the tenant's calls from now on, or takes them again.
    pub(crate) async fn suspend(&self, id: TenantId, suspended: bool) -> Result<(), Error> {
        let sql =
            "UPDATE tenant_info SET suspended = $3, revision = $2 WHERE tenant_id = $1 AND state = 'active'";
        let mut change = self.pool.begin().await?;
        let revision = changes::next(&mut change).await?;
        let query = sqlx::query(sql).bind(id.to_string()).bind(revision).bind(i64::from(suspended));
        let done = query.execute(&mut *change).await?;
        if done.rows_affected() != 1 {
            return Err(absent());
        }
        change.commit().await?;
        self.changed(id).await
    }

    /// This host knows it at once; the others, when they read what changed.
    async fn changed(&self, id: TenantId) -> Result<(), Error> {
        self.cache.invalidate(&id).await;
        self.refresh().await
    }
}

fn absent() -> Error {
    Error::new(Kind::NotFound, "There is no such tenant.")
}

fn standing(row: &AnyRow) -> Result<Standing, Error> {
    let (suspended, before_ms): (i64, i64) = (row.try_get("suspended")?, row.try_get("before_ms")?);
    let before: Option<String> = row.try_get("apikey_before")?;
    let project: Option<String> = row.try_get("openstack_projectid")?;
    Ok(Standing {
        id: id_of(row)?,
        name: row.try_get("tenant_name")?,
        suspended: suspended != 0,
        created_ms: row.try_get("created_at")?,
        project_id: project.unwrap_or_default(),
        previous_key_ms: before.and_then(|_| u64::try_from(before_ms).ok()).filter(|ms| *ms > 0),
    })
}
