//! The table `tenant_info` and the tenants held in memory.
//!
//! A tenant's row is there before anything of it is in Keystone and goes after all of it, so that whatever
//! a crash leaves is found by its id:
//!
//! ```text
//! reserve → creating ── complete → active
//!               └──────── failed → removing ── forget → no row
//! ```
//!
//! A row that is `creating` past its time belongs to a host that is gone, and counts as `removing`. The
//! unique name decides between calls that want the same one. Several may remove one leftover: removing twice
//! does no harm. What was in the cloud before its row is in `adoption`, what others are told of a change in
//! `changes`, what an operator changes of an active tenant in `standing`, and whose database it is in `installation`.

mod adoption;
mod changes;
mod installation;
mod standing;
mod unreserved;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use patchbay_core::error::{Error, Kind};
use patchbay_core::failure::shared;
use patchbay_core::seal::{Digest, MasterKey, random_secret};
use patchbay_core::{Installation, Mark, TenantId};
use patchbay_database::{now_ms, single_host};
use patchbay_durable::idempotency::{Idempotency, IdempotencyKey};
use prometheus_client::metrics::counter::Counter;
use secrecy::ExposeSecret as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row as _};

pub use self::unreserved::Unreserved;
use super::directory::Directory;
use super::keys::Keys;
use super::{
    Account, Config, Leftover, Registered, Registration, Reserved, SECRET_CHARS, Tenant, checked_name,
};

/// Leftovers handed out at a time.
const LEFTOVERS_MAX: i64 = 100;
/// How many ids are drawn until one is nobody's.
const DRAWS_MAX: u32 = 16;

/// By what a registration that is asked for again is known, where it is to be: its key, and where keys are kept.
pub type Once<'a> = Option<(&'a IdempotencyKey, &'a Idempotency)>;

/// Every tenant of the deployment.
#[derive(Debug)]
pub struct Tenants {
    pool: AnyPool,
    master: Arc<MasterKey>,
    cache: Cache<TenantId, Arc<Tenant>>,
    directory: Arc<Directory>,
    active_max: usize,
    registration_time: Duration,
    installation: Installation,
    reads: Counter,
}

/// Why no tenant came of reading one.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("no such tenant")]
    Absent,
    #[error(transparent)]
    Failed(#[from] sqlx::Error),
    #[error("a tenant's row is damaged")]
    Damaged(#[source] anyhow::Error),
}

impl Tenants {
    /// The tenants in the database. Registrations that an earlier run of this host left are leftovers at once
    /// where the database is this host's alone, and after their time where others share it.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn open(pool: AnyPool, config: &Config, master: Arc<MasterKey>) -> Result<Self, Error> {
        let cache = Cache::builder()
            .max_capacity(config.cache_entries_max)
            .time_to_live(Duration::from_millis(config.cache_ttl_ms))
            .build();
        let nobody = random_secret(SECRET_CHARS).map_err(Error::internal)?;
        let nobody = master.digest("", nobody.expose_secret());
        let tenants = Self {
            installation: installation::of(&pool).await?,
            pool,
            master,
            cache,
            directory: Arc::new(Directory::new(config, nobody)),
            active_max: config.active_max,
            registration_time: Duration::from_millis(config.registration_ms),
            reads: Counter::default(),
        };
        if single_host(&tenants.pool) {
            tenants.give_up(i64::MAX).await?;
        }
        tenants.refresh().await?;
        Ok(tenants)
    }

    /// The same, with the times that the database is asked about tenants counted there.
    #[must_use]
    pub fn counted(mut self, reads: &Counter) -> Self {
        self.reads = reads.clone();
        self
    }

    /// Whose tenants these are.
    #[must_use]
    pub fn installation(&self) -> Installation {
        self.installation
    }

    /// The active tenant of this id, from memory where it is fresh enough; concurrent callers share one read.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer, `Internal` when it holds what cannot be.
    pub async fn find(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        match self.cache.try_get_with(id, self.read(id)).await {
            Ok(tenant) => Ok(Some(tenant)),
            Err(cause) => match &*cause {
                Unread::Absent => Ok(None),
                Unread::Failed(failure) => Err(shared(failure, Arc::clone(&cause))),
                Unread::Damaged(_) => Err(Error::internal(cause)),
            },
        }
    }

    async fn read(&self, id: TenantId) -> Result<Arc<Tenant>, Unread> {
        self.reads.inc();
        let sql = "SELECT tenant_name, mark, openstack_domainid, openstack_projectid, openstack_userid, \
                   openstack_roleid, openstack_password, apikey, suspended \
                   FROM tenant_info WHERE tenant_id = $1 AND state = 'active'";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&self.pool).await?;
        let row = row.ok_or(Unread::Absent)?;
        Ok(Arc::new(self.tenant(id, &row)?))
    }

    fn tenant(&self, id: TenantId, row: &AnyRow) -> Result<Tenant, Unread> {
        let (apikey, suspended): (String, i64) = (row.try_get("apikey")?, row.try_get("suspended")?);
        Ok(Tenant {
            id,
            key: id.to_string(),
            mark: mark_of(row).map_err(|cause| Unread::Damaged(cause.into()))?,
            name: row.try_get("tenant_name")?,
            account: Account {
                domain_id: row.try_get("openstack_domainid")?,
                project_id: row.try_get("openstack_projectid")?,
                user_id: row.try_get("openstack_userid")?,
                role_id: row.try_get("openstack_roleid")?,
            },
            apikey: Digest::from_base64(&apikey).map_err(Unread::Damaged)?,
            suspended: suspended != 0,
            password_sealed: row.try_get("openstack_password")?,
            master: Arc::clone(&self.master),
        })
    }

    /// Takes the name for a new tenant, and its idempotency key where there is one, or names what must be removed first. Of
    /// calls that want the same name or the same key at the same time, one gets it.
    ///
    /// # Errors
    /// The name or the key is somebody's. Otherwise [`Kind::Invalid`]: the name is empty, longer than 100 characters, or holds
    /// control characters. [`Kind::Quota`]: there are as many tenants as `tenant.active_max`. [`Kind::Unavailable`]: the
    /// database does not answer.
    pub async fn reserve(&self, name: &str, once: Once<'_>) -> Result<Reserved, Unreserved> {
        let name = checked_name(name)?;
        if let Some(leftover) = self.leftover_of(name).await? {
            return Ok(Reserved::Leftover(leftover));
        }
        self.check_room()?;
        for _ in 0..DRAWS_MAX {
            let (id, mark) = (TenantId::draw()?, Some(self.installation.mark()?));
            let registration = Registration::draw(id, mark, name, self.registration_time)?;
            if self.begin(&registration, once).await? {
                return Ok(Reserved::New(registration));
            }
            // The name is somebody's by now, or the id is.
            self.leftover_of(name).await?;
        }
        Err(Error::internal(anyhow::anyhow!("tenant ids are used up")).into())
    }

    /// Its row and its key, or neither. False: another call took the name first, or the id is somebody's.
    async fn begin(&self, new: &Registration, once: Once<'_>) -> Result<bool, Unreserved> {
        let mut both = self.pool.begin().await.map_err(Error::from)?;
        if !self.insert(new, false, &mut both).await? {
            return Ok(false);
        }
        if let Some((once, keys)) = once
            && !keys.hold(&mut both, (None, once), None, None).await?
        {
            return Err(Unreserved::KeyTaken);
        }
        both.commit().await.map_err(Error::from)?;
        Ok(true)
    }

    fn check_room(&self) -> Result<(), Error> {
        if self.directory.len() >= self.active_max {
            return Err(Error::new(Kind::Quota, "There are as many tenants as tenant.active_max allows."));
        }
        Ok(())
    }

    /// What has the name and is to be removed; none where nobody has it.
    async fn leftover_of(&self, name: &str) -> Result<Option<Leftover>, Unreserved> {
        self.give_up_overdue().await?;
        let sql = "SELECT tenant_id, mark, state FROM tenant_info WHERE tenant_name = $1";
        let row = sqlx::query(sql).bind(name).fetch_optional(&self.pool).await.map_err(Error::from)?;
        let Some(row) = row else { return Ok(None) };
        match row.try_get("state").map_err(Error::from)? {
            "removing" => Ok(Some(leftover(&row)?)),
            state => Err(Unreserved::NameTaken { creating: state == "creating" }),
        }
    }

    async fn give_up_overdue(&self) -> Result<(), Error> {
        let sql = "SELECT total_ms FROM counted_time";
        let now = sqlx::query(sql).fetch_one(&self.pool).await?.try_get("total_ms")?;
        self.give_up(now).await
    }

    /// What should have come to its end by this counted time. Of what was to be adopted nothing is removed but the row.
    async fn give_up(&self, by: i64) -> Result<(), Error> {
        for sql in [
            "DELETE FROM tenant_info WHERE state = 'creating' AND creating_until <= $1 AND adopted = 1",
            "UPDATE tenant_info SET state = 'removing' \
             WHERE state = 'creating' AND creating_until <= $1 AND adopted = 0",
        ] {
            sqlx::query(sql).bind(by).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// False: another call took the name first, or the id is somebody's.
    async fn insert(&self, new: &Registration, adopted: bool, at: &mut AnyConnection) -> Result<bool, Error> {
        let sql = "INSERT INTO tenant_info (tenant_id, tenant_name, openstack_domainname, \
                   openstack_projectname, openstack_username, openstack_rolename, openstack_password, \
                   apikey, state, created_at, creating_until, mark, adopted) \
                   VALUES ($1, $2, $1, $1, $1, $1, $3, $4, 'creating', $5, \
                   (SELECT total_ms FROM counted_time) + $6, $7, $8) \
                   ON CONFLICT DO NOTHING";
        let id = new.id.to_string();
        // Twice the time, so that the removal after a failure fits in. It is counted, for clocks may be set.
        let time = i64::try_from(2 * self.registration_time.as_millis()).unwrap_or(i64::MAX / 2);
        let done = sqlx::query(sql)
            .bind(&id)
            .bind(&new.name)
            .bind(self.master.seal(new.id, &new.password).map_err(Error::internal)?)
            .bind(self.master.digest(&id, new.apikey()).to_base64())
            .bind(now_ms())
            .bind(time)
            .bind(new.mark.map(|mark| mark.to_string()).unwrap_or_default())
            .bind(i32::from(adopted))
            .execute(at)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Makes the tenant active, with the account it got; who asks for it again under the same key is told of it from then
    /// on.
    ///
    /// # Errors
    /// [`Kind::Timeout`]: it took so long that it was given up. [`Kind::Exists`]: the key was used meanwhile.
    /// [`Kind::Unavailable`]: the database does not answer. In each case the caller goes on with [`Self::failed`].
    pub async fn complete(
        &self,
        registration: &Registration,
        account: &Account,
        once: Once<'_>,
    ) -> Result<(), Error> {
        let mut both = self.pool.begin().await?;
        let revision = changes::next(&mut both).await?;
        let sql = "UPDATE tenant_info SET state = 'active', openstack_domainid = $2, \
                   openstack_projectid = $3, openstack_userid = $4, openstack_roleid = $5, revision = $6 \
                   WHERE tenant_id = $1 AND state = 'creating'";
        let done = sqlx::query(sql)
            .bind(registration.id.to_string())
            .bind(&account.domain_id)
            .bind(&account.project_id)
            .bind(&account.user_id)
            .bind(&account.role_id)
            .bind(revision)
            .execute(&mut *both)
            .await?;
        if done.rows_affected() != 1 {
            return Err(Error::new(Kind::Timeout, "The registration took too long and was given up."));
        }
        if let Some((once, keys)) = once {
            let answer = Registered { id: registration.id, apikey: registration.apikey.clone() };
            if !keys.hold(&mut both, (None, once), None, Some(&answer.to_bytes())).await? {
                // Held no longer, and then by another request: keys are kept for less than a registration takes.
                return Err(Unreserved::KeyTaken.into());
            }
        }
        both.commit().await?;
        let key = self.master.digest(&registration.id.to_string(), registration.apikey());
        self.directory.set(registration.id, Some(Keys::only(key)));
        Ok(())
    }

    /// Gives the registration up, and its key back, before what it made in Keystone is removed.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer. Then leave Keystone alone: the row is found again when its time is
    /// over.
    pub async fn failed(&self, registration: &Registration, once: Once<'_>) -> Result<Leftover, Error> {
        // Whatever its state: `complete` may have reached the database and its answer been lost. Nobody else
        // was told of this tenant.
        let mut change = self.pool.begin().await?;
        let revision = changes::next(&mut change).await?;
        let sql =
            "UPDATE tenant_info SET state = 'removing', revision = $2 WHERE tenant_id = $1 AND adopted = 0";
        let id = registration.id.to_string();
        sqlx::query(sql).bind(id).bind(revision).execute(&mut *change).await?;
        if let Some((once, keys)) = once {
            keys.release(&mut change, (None, once)).await?;
        }
        change.commit().await?;
        self.directory.set(registration.id, None);
        self.cache.invalidate(&registration.id).await;
        Ok(Leftover { id: registration.id, mark: registration.mark })
    }

    /// Deletes the row of a leftover of which nothing is left in Keystone; its name is free then.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn forget(&self, leftover: Leftover) -> Result<(), Error> {
        let sql = "DELETE FROM tenant_info WHERE tenant_id = $1 AND state = 'removing'";
        sqlx::query(sql).bind(leftover.id.to_string()).execute(&self.pool).await?;
        self.cache.invalidate(&leftover.id).await;
        Ok(())
    }

    /// What is to be removed, oldest first, at most 100: asked at start and by the sweeper.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn leftovers(&self) -> Result<Vec<Leftover>, Error> {
        self.give_up_overdue().await?;
        let sql =
            "SELECT tenant_id, mark FROM tenant_info WHERE state = 'removing' ORDER BY created_at LIMIT $1";
        let rows = sqlx::query(sql).bind(LEFTOVERS_MAX).fetch_all(&self.pool).await?;
        rows.iter().map(leftover).collect()
    }
}

fn leftover(row: &AnyRow) -> Result<Leftover, Error> {
    Ok(Leftover { id: id_of(row)?, mark: mark_of(row)? })
}

fn id_of(row: &AnyRow) -> Result<TenantId, Error> {
    let id: &str = row.try_get("tenant_id")?;
    id.parse().map_err(|cause: patchbay_core::NotATenantId| Error::internal(cause))
}

/// None in the rows that were made before there were marks.
fn mark_of(row: &AnyRow) -> Result<Option<Mark>, Error> {
    let text: &str = row.try_get("mark")?;
    let mark = Some(text).filter(|text| !text.is_empty()).map(str::parse).transpose();
    mark.map_err(|cause: patchbay_core::mark::NotAMark| Error::internal(cause))
}
