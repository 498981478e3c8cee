//! A row of the table `operation` as the rest of the host knows it.

use anyhow::anyhow;
use patchbay_core::error::{Error, Kind};
use patchbay_durable::journal::OrphanedResource;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::{Failure, Operation, Origin, State};

/// All of it.
pub(super) fn read(row: &AnyRow) -> Result<Operation, Error> {
    let percent: Option<i64> = row.try_get("percent")?;
    Ok(Operation {
        id: parsed(row, "id", |text| text.parse().ok())?,
        origin: read_origin(row)?,
        resource_id: row.try_get("resource_id")?,
        ticket: row.try_get("ticket")?,
        state: parsed(row, "state", State::from_word)?,
        step: row.try_get("step")?,
        percent: percent.and_then(|percent| u8::try_from(percent).ok()),
        failure: read_failure(row)?,
        finished_at: row.try_get("finished_at")?,
        message: row.try_get("message")?,
        cancel_requested: row.try_get::<Option<i64>, _>("cancel_requested_at")?.is_some(),
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        leftovers: read_leftovers(row)?,
        undone: row.try_get::<Option<i64>, _>("undone")? == Some(1),
    })
}

fn read_origin(row: &AnyRow) -> Result<Origin, Error> {
    Ok(Origin {
        tenant_id: parsed(row, "tenant_id", |text| text.parse().ok())?,
        user_id: row.try_get("user_id")?,
        domain: row.try_get("domain")?,
        region: row.try_get("region")?,
        method: row.try_get("method")?,
        request_id: row.try_get("request_id")?,
        plugin: row.try_get("plugin")?,
        digest: row.try_get("digest")?,
    })
}

fn read_failure(row: &AnyRow) -> Result<Option<Failure>, Error> {
    let kind: Option<String> = row.try_get("error_kind")?;
    let message: Option<String> = row.try_get("error_message")?;
    Ok(kind.zip(message).map(|(kind, message)| Failure { kind: kind_of(&kind), message }))
}

fn read_leftovers(row: &AnyRow) -> Result<Vec<OrphanedResource>, Error> {
    let text: Option<&str> = row.try_get("leftovers")?;
    let read = text.map_or_else(|| Ok(Vec::new()), serde_json::from_str);
    read.map_err(|_| Error::internal(anyhow!("operation.leftovers is damaged")))
}

/// The plugin contract's words and those of the host alone, all of which [`Kind::as_str`] writes.
fn kind_of(word: &str) -> Kind {
    let own = [Kind::Unauthenticated, Kind::Exhausted, Kind::Cancelled]
        .into_iter()
        .find(|kind| kind.as_str() == word);
    own.unwrap_or_else(|| Kind::from_word(word))
}

/// A column's text as what it stands for.
pub(super) fn parsed<T>(row: &AnyRow, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: &str = row.try_get(column)?;
    parse(text).ok_or_else(|| Error::internal(anyhow!("operation.{column} is damaged")))
}
