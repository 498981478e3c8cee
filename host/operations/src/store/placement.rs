//! The table `placement`: in which region the resources are that operations made. It outlives them.

use patchbay_core::TenantId;
use patchbay_core::error::Error;
use sqlx::Row as _;

use super::Operations;

impl Operations {
    /// Notes in which region a resource of the tenant is; where that is known already, it stays.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
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
    /// `Unavailable` when the database does not answer.
    pub async fn displace(&self, tenant_id: TenantId, resource_id: &str) -> Result<(), Error> {
        let sql = "DELETE FROM placement WHERE tenant_id = $1 AND resource_id = $2";
        sqlx::query(sql).bind(tenant_id.to_string()).bind(resource_id).execute(&self.pool).await?;
        Ok(())
    }

    /// In which region a resource of the tenant is, where that was noted.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn placed(&self, tenant_id: TenantId, resource_id: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT region FROM placement WHERE tenant_id = $1 AND resource_id = $2";
        let query = sqlx::query(sql).bind(tenant_id.to_string()).bind(resource_id);
        Ok(query.fetch_optional(&self.pool).await?.map(|row| row.try_get("region")).transpose()?)
    }
}
