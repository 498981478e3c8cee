//! The host's stores on SQLite and on PostgreSQL: the same cases on both, each in a database of its own.
//!
//! What a store is asked for is in the file of its table.
#![allow(clippy::unwrap_used, missing_docs)]

mod audit;
mod clock;
mod hosts;
mod journal;
mod operations;
mod pool;
mod tenants;

use std::sync::Arc;

use patchbay_core::seal::MasterKey;
use patchbay_core::secret::SecretSource;
use patchbay_database as database;
use patchbay_durable::idempotency::{self, Idempotency};
use patchbay_operations::Operations;
use patchbay_tenants::{Config, Tenants};
use patchbay_tests::postgres::Postgres;
use tempfile::TempDir;

/// 32 bytes of zeros.
const MASTER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A database, and hosts that start on it.
struct Store {
    config: database::Config,
    directory: TempDir,
}

impl Store {
    fn at(url: String) -> Self {
        let config = database::Config {
            url,
            password: None,
            connections_max: 8,
            acquire_timeout_ms: 5000,
            probe_ms: 50,
            probe_ms_max: 5000,
        };
        Self { config, directory: TempDir::new().unwrap() }
    }

    fn master(&self) -> Arc<MasterKey> {
        let path = self.directory.path().join("master.key");
        std::fs::write(&path, MASTER_KEY).unwrap();
        Arc::new(MasterKey::read(&SecretSource::File(path)).unwrap())
    }

    async fn tenants(&self, config: &Config) -> Tenants {
        let pool = database::open(&self.config).await.unwrap();
        Tenants::open(pool, config, self.master()).await.unwrap()
    }

    /// Lets time pass, as it is counted while a host runs.
    async fn pass(&self, ms: i64) {
        let pool = database::open(&self.config).await.unwrap();
        let sql = "UPDATE counted_time SET total_ms = total_ms + $1";
        sqlx::query(sql).bind(ms).execute(&pool).await.unwrap();
    }

    async fn keys(&self) -> Idempotency {
        let pool = database::open(&self.config).await.unwrap();
        Idempotency::new(pool, self.master(), idempotency::Config::default())
    }

    async fn operations(&self) -> Operations {
        Operations::new(database::open(&self.config).await.unwrap())
    }
}

macro_rules! run {
    ($database:expr, $($table:ident: $($case:ident)*;)*) => {$($(
        eprintln!("{}: {}", stringify!($table), stringify!($case));
        $table::$case(&Store::at($database(stringify!($case)))).await;
    )*)*};
}

async fn every_case(database: impl Fn(&str) -> String) {
    run! { database,
        tenants:
            a_completed_registration_is_found
            a_name_is_taken_once
            two_calls_with_one_name_make_one_tenant
            a_failure_keeps_the_name_until_it_is_forgotten
            an_overdue_registration_is_given_up
            what_a_crash_leaves_is_found_after_the_start
            an_answer_that_was_lost_is_undone
            a_key_is_one_registrations
            a_key_goes_over_from_one_that_died_to_the_same_request
            a_key_is_known_on_another_host_from_then_on
            changes_at_the_same_time_are_all_seen
            so_many_are_registered_and_no_more
            names_of_any_script_fit
            hosts_of_one_database_are_one_installation
            a_tenant_from_before_there_were_marks_has_none
            an_adoption_that_does_not_end_leaves_no_leftover;
        journal:
            a_call_is_found_by_request_and_by_operation
            many_at_once_are_all_written_in_one_order
            what_nobody_waits_for_is_written_as_given_up
            so_many_are_under_way_and_no_more
            the_oldest_are_removed
            a_write_takes_so_long_and_no_longer
            what_cannot_be_written_is_an_error_until_it_can;
        audit:
            a_line_comes_back_and_filters_narrow
            a_change_is_written_however_it_ends
            the_oldest_of_each_kind_are_removed;
        operations:
            an_operation_is_followed_to_its_end
            another_tenants_operation_is_none
            an_end_is_an_end
            an_abandoned_operation_keeps_its_failure
            the_oldest_that_nobody_carries_comes_first
            all_that_is_unfinished_is_found
            a_wish_to_cancel_is_kept
            what_ended_long_ago_is_removed_in_batches;
        clock:
            time_is_counted_in_short_steps;
        pool:
            a_transaction_that_the_database_ended_is_over
            a_transaction_that_is_dropped_is_over;
        hosts:
            a_host_is_alive_until_it_leaves
            only_the_silent_are_buried_and_once
            what_a_dead_host_carried_goes_to_one_of_the_others
            only_who_carries_an_operation_writes_its_steps;
    }
}

#[tokio::test]
async fn on_sqlite() {
    let directory = TempDir::new().unwrap();
    every_case(|name| format!("sqlite:{}/{name}.db", directory.path().display())).await;
}

#[tokio::test]
async fn on_postgres() {
    let postgres = Postgres::start().await.unwrap();
    every_case(|name| postgres.database(name).unwrap()).await;
}

#[tokio::test]
async fn a_password_in_the_url_is_refused_and_not_shown() {
    let store = Store::at("postgres://patchbay:swordfish@localhost/patchbay".to_owned());
    let error = format!("{:#}", database::open(&store.config).await.unwrap_err());
    assert!(error.contains("database.password") && !error.contains("swordfish"), "{error}");
}
