//! The table `installation`: whose database it is.

use patchbay_core::Installation;
use patchbay_core::error::Error;
use sqlx::{AnyPool, Row as _};

/// The installation's id, made by whichever host starts on the database first.
pub(super) async fn of(pool: &AnyPool) -> Result<Installation, Error> {
    let sql = "INSERT INTO installation (only_one, id) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING";
    sqlx::query(sql).bind(Installation::draw()?.to_string()).execute(pool).await?;
    let row = sqlx::query("SELECT id FROM installation").fetch_one(pool).await?;
    let id: &str = row.try_get("id")?;
    id.parse().map_err(|cause: patchbay_core::mark::NotAMark| Error::internal(cause))
}
