//! The database: a pool of connections to SQLite or PostgreSQL, its schema brought up to date.
//!
//! One SQL text serves both dialects, through sqlx's `Any` driver; only the migrations are written twice. The statements are
//! in the `store` of whoever owns the table, in `patchbay-durable`, `patchbay-tenants` and `patchbay-operations`.
//!
//! - `file`: the files of a SQLite database, which are their owner's alone
//! - `sound`: what a connection must be to go on in the pool
//! - `probe`: whether the database can be written now
//! - `clock`: counted time, in the table `counted_time`, the only one of this crate's own
//!
//! May use: sqlx, and `patchbay-telemetry` to say that the host is not ready. Must never live here: a statement about
//! tenants, operations or anything else that another crate keeps.
#![forbid(unsafe_code)]

mod clock;
mod file;
mod probe;
mod sound;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use patchbay_core::error::Error;
use patchbay_core::failure::unavailable;
use patchbay_core::secret::SecretSource;
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection as _, SqlSafeStr as _};

pub use self::probe::Probe;
pub use self::sound::Doubt;

/// A file of that name below `migrations/` for each dialect.
macro_rules! migration {
    ($version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        )
    };
}

/// Version, name, and the text for SQLite and for PostgreSQL.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    migration!(1, "0001_tenants_and_operations"),
    migration!(2, "0002_operation_message"),
    migration!(3, "0003_placement"),
    migration!(4, "0004_operation_service"),
    migration!(5, "0005_idempotency"),
    migration!(6, "0006_journal"),
    migration!(7, "0007_hosts"),
    migration!(8, "0008_installation"),
    migration!(9, "0009_counted_time"),
    migration!(10, "0010_tenant_revision"),
    migration!(11, "0011_audit"),
    migration!(12, "0012_tenant_service"),
];

/// Where the database is and how much of it one host uses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:PATH`, which is one host's (the file is made when it is missing, its directory is not), or
    /// `postgres://USER@HOST/NAME`, which may be several hosts'. `?sslmode=verify-full&sslrootcert=FILE` is PostgreSQL's own way to
    /// ask for TLS, `&sslcert=FILE&sslkey=FILE` to show a certificate.
    pub url: String,
    /// PostgreSQL's password, where it asks for one.
    pub password: Option<SecretSource>,
    /// Connections held at once.
    #[serde(default = "connections_max")]
    pub connections_max: u32,
    /// The wait for one of them.
    #[serde(default = "acquire_timeout_ms")]
    pub acquire_timeout_ms: u64,
    /// How often it is seen whether the database can be written; four times as often while it cannot. While it cannot,
    /// `/healthz` is 503 and says why.
    #[serde(default = "probe_ms")]
    pub probe_ms: u64,
    /// How long seeing that may take, before the database counts as out of reach.
    #[serde(default = "probe_ms_max")]
    pub probe_ms_max: u64,
}

impl Config {
    /// Whether it holds together.
    ///
    /// # Errors
    /// It does not; the error names the key.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.probe_ms > 0, "database.probe_ms must be at least 1");
        ensure!(self.probe_ms_max > 0, "database.probe_ms_max must be at least 1");
        Ok(())
    }
}

fn connections_max() -> u32 {
    8
}

fn acquire_timeout_ms() -> u64 {
    2000
}

fn probe_ms() -> u64 {
    2000
}

fn probe_ms_max() -> u64 {
    5000
}

/// Connections to it.
pub type Pool = AnyPool;

/// Connects and brings the schema up to date; hosts that start together take turns.
///
/// # Errors
/// The URL is of another kind, holds a password, or leads to no database; a migration failed, or the schema
/// is that of a later version. The error never shows the password.
pub async fn open(config: &Config) -> anyhow::Result<Pool> {
    open_doubting(config, &Doubt::default()).await
}

/// The same for a host that finds out when connections are no good any more.
///
/// # Errors
/// As [`open`].
pub async fn open_doubting(config: &Config, doubt: &Doubt) -> anyhow::Result<Pool> {
    sqlx::any::install_default_drivers();
    let sqlite = config.url.starts_with("sqlite:");
    if sqlite {
        file::keep_private(&config.url)?;
    }
    let pool = pool_of(config, sqlite, config.connections_max, doubt).await?;
    if sqlite {
        // Readers then go on while one writes. The file remembers it; foreign keys and a busy timeout of five
        // seconds are the driver's default.
        sqlx::query("PRAGMA journal_mode = WAL").execute(&pool).await.context("the database refuses WAL")?;
    }
    migrator(sqlite).run(&pool).await.context("the database's schema cannot be brought up to date")?;
    Ok(pool)
}

/// A connection beside the pool, to a database that [`open`] has brought up to date, for one task that writes often.
///
/// On SQLite its commits do not wait for the disk: with WAL, what it has committed outlives the process however that ends;
/// only a crash of the machine may take the last of it, and leaves the file whole. Everything else waits (`FULL`).
///
/// # Errors
/// As [`open`], and [`Kind::Unavailable`](patchbay_core::error::Kind::Unavailable) when it takes longer than `acquire_timeout_ms`.
pub async fn connect(config: &Config) -> Result<AnyConnection, Error> {
    let sqlite = config.url.starts_with("sqlite:");
    let options = options(config, sqlite).map_err(Error::internal)?;
    let bound = Duration::from_millis(config.acquire_timeout_ms);
    let connected = tokio::time::timeout(bound, AnyConnection::connect_with(&options)).await;
    let mut connection = connected.map_err(unavailable)??;
    if sqlite {
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut connection).await?;
    }
    Ok(connection)
}

/// A connection beside the pool, for what must not wait behind other queries; on SQLite, which nobody waits for so long, it
/// is one of the pool's.
///
/// # Errors
/// As [`open`].
pub async fn reserved(config: &Config, pool: &Pool, doubt: &Doubt) -> anyhow::Result<Pool> {
    if single_host(pool) { Ok(pool.clone()) } else { pool_of(config, false, 1, doubt).await }
}

async fn pool_of(config: &Config, sqlite: bool, connections: u32, doubt: &Doubt) -> anyhow::Result<Pool> {
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms));
    let pool = sound::only(pool, sqlite, doubt.clone()).connect_with(options(config, sqlite)?);
    pool.await.context("the database does not open")
}

/// Whether the pool leads to a SQLite file, which one host has to itself.
#[must_use]
pub fn single_host(pool: &AnyPool) -> bool {
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
    let migration = |&(version, name, for_sqlite, for_postgres): &(i64, &'static str, _, _)| {
        let sql: &'static str = if sqlite { for_sqlite } else { for_postgres };
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}

/// Now, in milliseconds since 1970-01-01T00:00:00Z, as every time in the database is.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_has_bounds() {
        let config = |rest: &str| toml::from_str::<Config>(&format!("url = 'sqlite:a.db'\n{rest}"));
        assert!(config("").unwrap().check().is_ok());
        for key in ["probe_ms", "probe_ms_max"] {
            let refused = config(&format!("{key} = 0")).unwrap().check().unwrap_err().to_string();
            assert!(refused.starts_with(&format!("database.{key} ")), "{refused}");
        }
    }
}
