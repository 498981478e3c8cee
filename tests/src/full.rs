//! A database that takes so many more writes and then fails each, as one that has no space left does: the statement's
//! transaction is over by the database's own doing. Triggers do it, so each write can be met, on either database.
//!
//! SQLite says another word than for a full disk, but ends the transaction as it does then; PostgreSQL says its own.

use patchbay_database as database;
use patchbay_database::Pool;
use sqlx::AssertSqlSafe;

/// What the host writes on behalf of calls.
const TABLES: [&str; 6] =
    ["tenant_info", "tenant_revision", "operation", "placement", "idempotency", "journal"];
const KINDS: [&str; 3] = ["INSERT", "UPDATE", "DELETE"];
/// More than any test writes.
const MANY: i64 = 1_000_000;

const ON_POSTGRES: &str = "CREATE FUNCTION take_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     IF (SELECT writes_left FROM space) = 0 THEN \
     RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END IF; \
     UPDATE space SET writes_left = writes_left - 1; \
     IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$";

/// The writes that are left.
pub struct Space(Pool);

impl Space {
    /// In a database that a host has made.
    ///
    /// # Panics
    /// If it refuses.
    pub async fn of(pool: Pool) -> Self {
        let sqlite = database::single_host(&pool);
        let space = Self(pool);
        space.run("CREATE TABLE space (writes_left BIGINT NOT NULL)").await;
        space.run(&format!("INSERT INTO space VALUES ({MANY})")).await;
        if !sqlite {
            space.run(ON_POSTGRES).await;
        }
        for table in TABLES {
            for kind in KINDS {
                space.run(&if sqlite { on_sqlite(table, kind) } else { on_postgres(table, kind) }).await;
            }
        }
        space
    }

    /// So many more writes succeed, and no other.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn leave(&self, writes: i64) {
        self.run(&format!("UPDATE space SET writes_left = {writes}")).await;
    }

    /// There is space for everything.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn free(&self) {
        self.leave(MANY).await;
    }

    /// How many writes there were since it was free.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn taken(&self) -> i64 {
        let left: i64 =
            sqlx::query_scalar("SELECT writes_left FROM space").fetch_one(&self.0).await.expect("space");
        MANY - left
    }

    async fn run(&self, sql: &str) {
        // This file's own words.
        sqlx::query(AssertSqlSafe(sql)).execute(&self.0).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

fn on_sqlite(table: &str, kind: &str) -> String {
    format!(
        "CREATE TRIGGER space_{table}_{kind} BEFORE {kind} ON {table} BEGIN \
         SELECT RAISE(ROLLBACK, 'no space left') FROM space WHERE writes_left = 0; \
         UPDATE space SET writes_left = writes_left - 1; END"
    )
}

fn on_postgres(table: &str, kind: &str) -> String {
    format!("CREATE TRIGGER space_{kind} BEFORE {kind} ON {table} FOR EACH ROW EXECUTE FUNCTION take_space()")
}
