//! Rows of tenants that were in the cloud before them. One that does not come to its end goes alone: nothing in the cloud is
//! removed with it, as it is for a registration.

use std::collections::HashMap;

use patchbay_core::error::Error;
use patchbay_core::{Mark, TenantId};

use super::{Tenants, Unreserved, id_of, mark_of};
use crate::{Registration, checked_name};

impl Tenants {
    /// Takes the id and the name. What bears no mark stays without: so do the tenant's accounts of object storage, which would
    /// not be its own any more.
    ///
    /// # Errors
    /// As [`Self::reserve`], and the id has a row.
    pub async fn reserve_adoption(
        &self,
        id: TenantId,
        mark: Option<Mark>,
        name: &str,
    ) -> Result<Registration, Unreserved> {
        self.check_room()?;
        self.give_up_overdue().await?;
        let adoption = Registration::draw(id, mark, checked_name(name)?, self.registration_time)?;
        let mut connection = self.pool.acquire().await.map_err(Error::from)?;
        if self.insert(&adoption, true, &mut connection).await? {
            return Ok(adoption);
        }
        drop(connection);
        let has_a_row = self.marks().await?.contains_key(&id);
        Err(if has_a_row { Unreserved::IdTaken } else { Unreserved::NameTaken { creating: false } })
    }

    /// Takes the row back. Nobody was told of it.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer. Then the row goes when its time is over.
    pub async fn withdraw(&self, adoption: &Registration) -> Result<(), Error> {
        let id = adoption.id.to_string();
        let sql = "DELETE FROM tenant_info WHERE tenant_id = $1 AND adopted = 1 AND apikey = $2";
        let apikey = self.master.digest(&id, adoption.apikey()).to_base64();
        sqlx::query(sql).bind(&id).bind(apikey).execute(&self.pool).await?;
        self.directory.set(adoption.id, None);
        self.cache.invalidate(&adoption.id).await;
        Ok(())
    }

    /// The mark of every tenant that has a row, whatever its state.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn marks(&self) -> Result<HashMap<TenantId, Option<Mark>>, Error> {
        let rows = sqlx::query("SELECT tenant_id, mark FROM tenant_info").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((id_of(row)?, mark_of(row)?))).collect()
    }
}
