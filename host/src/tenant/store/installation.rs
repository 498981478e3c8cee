//! The table `installation`: whose database it is.

use sqlx::{AnyPool, Row as _};

use crate::error::Error;
use crate::tenant::Installation;

/// The installation's id, made by whichever host starts on the database first.
pub(super) async fn of(pool: &AnyPool) -> Result<Installation, Error> {
    let sql = "INSERT INTO installation (only_one, id) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING";
    sqlx::query(sql).bind(Installation::draw()?.to_string()).execute(pool).await?;
    let row = sqlx::query("SELECT id FROM installation").fetch_one(pool).await?;
    let id: &str = row.try_get("id")?;
    id.parse().map_err(|cause: crate::tenant::mark::NotAMark| Error::internal(cause))
}
