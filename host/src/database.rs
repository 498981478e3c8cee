//! The database: a pool of connections to SQLite or PostgreSQL, its schema brought up to date.
//!
//! One SQL text serves both dialects, through sqlx's `Any` driver; only the migrations are written twice.
//! The statements themselves are in the `store.rs` of the module that owns the table.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr as _};

use crate::error::{Error, Kind};
use crate::secret::SecretSource;

/// Version, name, and the text for SQLite and for PostgreSQL.
const MIGRATIONS: [(i64, &str, &str, &str); 4] = [
    (
        1,
        "tenants and operations",
        include_str!("../../migrations/sqlite/0001_tenants_and_operations.sql"),
        include_str!("../../migrations/postgres/0001_tenants_and_operations.sql"),
    ),
    (
        2,
        "operation message",
        include_str!("../../migrations/sqlite/0002_operation_message.sql"),
        include_str!("../../migrations/postgres/0002_operation_message.sql"),
    ),
    (
        3,
        "placement",
        include_str!("../../migrations/sqlite/0003_placement.sql"),
        include_str!("../../migrations/postgres/0003_placement.sql"),
    ),
    (
        4,
        "operation service",
        include_str!("../../migrations/sqlite/0004_operation_service.sql"),
        include_str!("../../migrations/postgres/0004_operation_service.sql"),
    ),
];

/// Where the database is and how much of it one host uses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:PATH` (the file is made when it is missing, its directory is not) or
    /// `postgres://USER@HOST/NAME`.
    pub url: String,
    /// The password for PostgreSQL, where it asks for one.
    pub password: Option<SecretSource>,
    /// Connections held at the same time.
    #[serde(default = "connections_max")]
    pub connections_max: u32,
    /// How long a call waits for one of them, in milliseconds.
    #[serde(default = "acquire_timeout_ms")]
    pub acquire_timeout_ms: u64,
}

fn connections_max() -> u32 {
    8
}

fn acquire_timeout_ms() -> u64 {
    2000
}

/// Connections to it.
pub type Pool = AnyPool;

/// Connects and brings the schema up to date; hosts that start together take turns.
///
/// # Errors
/// The URL is of another kind, holds a password, or leads to no database; a migration failed, or the schema
/// is that of a later version. The error never shows the password.
pub async fn open(config: &Config) -> anyhow::Result<Pool> {
    sqlx::any::install_default_drivers();
    let sqlite = config.url.starts_with("sqlite:");
    let pool = AnyPoolOptions::new()
        .max_connections(config.connections_max)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        .connect_with(options(config, sqlite)?)
        .await
        .context("the database does not open")?;
    if sqlite {
        // Readers then go on while one writes. The file remembers it; foreign keys and a busy timeout of five
        // seconds are the driver's default.
        sqlx::query("PRAGMA journal_mode = WAL").execute(&pool).await.context("the database refuses WAL")?;
    }
    migrator(sqlite).run(&pool).await.context("the database's schema cannot be brought up to date")?;
    Ok(pool)
}

/// Whether the pool leads to a SQLite file, which one host has to itself.
#[must_use]
pub fn sole(pool: &AnyPool) -> bool {
    pool.connect_options().database_url.scheme() == "sqlite"
}

fn options(config: &Config, sqlite: bool) -> anyhow::Result<AnyConnectOptions> {
    let mut options: AnyConnectOptions = config.url.parse().context("database.url is not a URL")?;
    let url = &mut options.database_url;
    ensure!(url.password().is_none(), "database.url holds a password; name its source in database.password");
    // Each connection would have a memory database of its own.
    ensure!(!config.url.contains(":memory:"), "database.url must name a file");
    if sqlite && url.query().is_none() {
        url.set_query(Some("mode=rwc"));
    }
    if let Some(source) = &config.password {
        let password = source.read().context("database.password")?;
        let set = url.set_password(Some(password.expose_secret()));
        ensure!(set.is_ok(), "database.url names no server that could ask for database.password");
    }
    Ok(options)
}

fn migrator(sqlite: bool) -> Migrator {
    let migration = |(version, name, for_sqlite, for_postgres): (i64, &'static str, &'static str, _)| {
        let sql = if sqlite { for_sqlite } else { for_postgres };
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.map(migration).into())
}

impl From<sqlx::Error> for Error {
    /// A database that cannot be reached is unavailable, anything else is a defect; the cause is for the log.
    fn from(cause: sqlx::Error) -> Self {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut};
        let kind = match cause {
            Io(_) | PoolClosed | PoolTimedOut => Kind::Unavailable,
            _ => Kind::Internal,
        };
        Self::hidden(kind, anyhow::Error::new(cause).context("database"))
    }
}

/// Now, in milliseconds since 1970-01-01T00:00:00Z, as every time in the database is.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
