//! What the database's failures mean to a caller: the database cannot serve now, or something is wrong with the host.
//!
//! The cause is for the log. Nothing here tries again. It is beside [`Error`] because the conversion can be nowhere else; the
//! database itself is `patchbay-database`.

use anyhow::anyhow;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use crate::error::{Error, Kind};

/// No space, for the database's own files or for its journal.
const FULL: &str = "The host's database has no space left; try again later.";
/// Everything else that passes.
const AWAY: &str = "The host's database cannot be used now; try again later.";

/// SQLite's primary result codes (<https://sqlite.org/rescode.html>), the low byte of the extended ones.
mod sqlite {
    pub(super) const FULL: i32 = 13;
    /// Read-only, and input or output: the file has gone from under the connection, or what it is on has.
    pub(super) const STALE: [i32; 2] = [8, 10];
    /// Busy, locked, out of memory, interrupted, cannot open, locking protocol.
    pub(super) const AWAY: [i32; 6] = [5, 6, 7, 9, 14, 15];
}

/// PostgreSQL's error codes (its manual's appendix A).
mod postgres {
    pub(super) const FULL: &str = "53100";
    /// A transaction that may only read: the server has become a standby, or takes no changes.
    pub(super) const STALE: &str = "25006";
    /// Classes: connection, resources, operator intervention, system error; and what two transactions do to each other.
    pub(super) const AWAY: [&str; 4] = ["08", "53", "57", "58"];
    pub(super) const CONTENDED: [&str; 3] = ["40001", "40P01", "55P03"];
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Full,
    /// This connection will not get better, another may be.
    Stale,
    Away,
    Defect,
}

impl From<sqlx::Error> for Error {
    /// A database that cannot serve now is unavailable, anything else is a defect; the cause is for the log.
    fn from(cause: sqlx::Error) -> Self {
        let meant = meaning(&cause);
        told(meant, cause.into())
    }
}

/// The same for a failure that several are told of, which is somewhere below `cause`.
pub fn shared(failure: &sqlx::Error, cause: impl Into<anyhow::Error>) -> Error {
    told(meaning(failure), cause.into())
}

fn told(meant: Meaning, cause: anyhow::Error) -> Error {
    let cause = cause.context("database");
    let words = match meant {
        Meaning::Full => FULL,
        Meaning::Stale | Meaning::Away => AWAY,
        Meaning::Defect => return Error::internal(cause),
    };
    Error::new(Kind::Unavailable, words).because(cause)
}

/// The database did not serve, for this cause.
pub fn unavailable(cause: impl Into<anyhow::Error>) -> Error {
    told(Meaning::Away, cause.into())
}

/// Whether a connection that failed so, and those made before it, are to be made anew.
pub fn is_stale(cause: &sqlx::Error) -> bool {
    meaning(cause) == Meaning::Stale
}

fn meaning(cause: &sqlx::Error) -> Meaning {
    use sqlx::Error::{BeginFailed, Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    match cause {
        Io(_) | Tls(_) | Protocol(_) | PoolClosed | PoolTimedOut | WorkerCrashed | BeginFailed => {
            Meaning::Away
        }
        Database(told) => {
            let sqlite = told.try_downcast_ref::<SqliteError>().and_then(|_| told.code());
            let postgres = told.try_downcast_ref::<PgDatabaseError>();
            match (sqlite.and_then(|code| code.parse::<i32>().ok()), postgres) {
                (Some(code), _) => of_sqlite(code & 0xff),
                (None, Some(told)) => of_postgres(told.code()),
                (None, None) => Meaning::Defect,
            }
        }
        _ => Meaning::Defect,
    }
}

fn of_sqlite(code: i32) -> Meaning {
    match code {
        sqlite::FULL => Meaning::Full,
        code if sqlite::STALE.contains(&code) => Meaning::Stale,
        code if sqlite::AWAY.contains(&code) => Meaning::Away,
        _ => Meaning::Defect,
    }
}

fn of_postgres(code: &str) -> Meaning {
    match code {
        postgres::FULL => Meaning::Full,
        postgres::STALE => Meaning::Stale,
        code if postgres::AWAY.iter().any(|class| code.starts_with(class)) => Meaning::Away,
        code if postgres::CONTENDED.contains(&code) => Meaning::Away,
        _ => Meaning::Defect,
    }
}

/// What has no error of its own.
pub fn late() -> Error {
    unavailable(anyhow!("no answer in time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_their_makers_say() {
        for (code, meant) in
            [(13, Meaning::Full), (10, Meaning::Stale), (5, Meaning::Away), (19, Meaning::Defect)]
        {
            assert_eq!(of_sqlite(code), meant, "{code}");
        }
        for (code, meant) in [
            ("53100", Meaning::Full),
            ("25006", Meaning::Stale),
            ("57P01", Meaning::Away),
            ("53300", Meaning::Away),
            ("40P01", Meaning::Away),
            ("23505", Meaning::Defect),
            ("42P01", Meaning::Defect),
        ] {
            assert_eq!(of_postgres(code), meant, "{code}");
        }
    }

    #[test]
    fn what_passes_is_told_apart_from_defects() {
        for passes in [sqlx::Error::PoolTimedOut, sqlx::Error::WorkerCrashed, sqlx::Error::BeginFailed] {
            let error = Error::from(passes);
            assert_eq!((error.kind(), error.message()), (Kind::Unavailable, AWAY));
        }
        assert_eq!(Error::from(sqlx::Error::RowNotFound).kind(), Kind::Internal);
        let of_many = |failure: sqlx::Error| shared(&failure, anyhow!("nobody could read it")).kind();
        assert_eq!(of_many(sqlx::Error::PoolTimedOut), Kind::Unavailable);
        assert_eq!(of_many(sqlx::Error::ColumnNotFound("mark".to_owned())), Kind::Internal);
    }
}
