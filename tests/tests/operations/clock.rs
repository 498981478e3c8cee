//! A clock that is set by days, as over a restart of the host: a request that is sent again is still known, and what goes
//! on goes on. All times in the database lying so far back is the same thing.

use cloudsim::Timing;
use patchbay_database::Pool;
use patchbay_operations::State;
use patchbay_tests::Deployment;
use patchbay_tests::creation::Creations;
use patchbay_tests::{needs_cloudsim, wait_for};
use sqlx::AssertSqlSafe;

use crate::client::Client;
use crate::on_each_database;
use crate::retry::{CREATE_DISK, disk};

const DAY_MS: i64 = 24 * 3_600_000;
/// Longer than any test.
const NEVER_MS: u64 = 600_000;
/// Each time that is stored.
const TIMES: [&str; 9] = [
    "audit.at_ms",
    "counted_time.read_at",
    "idempotency.created_at",
    "journal.sent_at",
    "operation.created_at",
    "operation.updated_at",
    "operation.next_poll_at",
    "tenant_info.created_at",
    "host.started_at",
];

/// The clock goes ahead by so many days.
async fn set_ahead(pool: &Pool, days: i64) {
    for time in TIMES {
        let (table, column) = time.split_once('.').unwrap();
        // This file's own words.
        let sql = format!("UPDATE {table} SET {column} = {column} - $1");
        sqlx::query(AssertSqlSafe(sql)).bind(days * DAY_MS).execute(pool).await.unwrap();
    }
}

async fn restart_days_later(deployment: &mut Deployment, days: i64) {
    let pool = deployment.database().await;
    deployment.stop().await;
    set_ahead(&pool, days).await;
    pool.close().await;
    deployment.restart().await;
}

#[tokio::test]
async fn a_request_is_still_known() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let prune = "operation = { prune_interval_ms = 50 }\ndatabase.probe_ms = 50";
        let mut client = Client::start(builder.at_once().toml(prune)).await;
        let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
        assert_eq!(first.code, 0, "{}", first.msg);
        // Also by more than operations are kept, and back.
        for days in [2, 100, -1] {
            restart_days_later(&mut client.scene.deployment, days).await;
            let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
            assert_eq!((&again.body, again.operation), (&first.body, first.operation), "{days} days");
        }
        // And while the host runs.
        set_ahead(&client.scene.deployment.database().await, 100).await;
        let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
        assert_eq!((&again.body, again.operation), (&first.body, first.operation));
        assert_eq!(client.volumes().await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_goes_on_goes_on() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let quick = "operation = { poll_ms_min = 20, poll_ms_max = 100, inline_wait_ms = 100 }";
        let mut deployment = builder.toml(quick).start().await;
        let tenant = deployment.tenant("acme").await;
        let creations = Creations::of(&deployment, tenant).await;
        let never = Timing { server_build_ms: NEVER_MS, ..Timing::instant() };
        deployment.cloudsim().set_timing(never);
        let begun = creations.create(deployment.grpc()).await;
        assert_eq!(begun.code, 0, "{}", begun.msg);
        for days in [2, -1] {
            restart_days_later(&mut deployment, days).await;
            // It has been looked at since.
            let polls = deployment.cloudsim().counts().iter().map(|count| count.count).sum::<u64>();
            wait_for("it to be polled", patchbay_tests::operation::END_MAX, async || {
                let now = deployment.cloudsim().counts().iter().map(|count| count.count).sum::<u64>();
                (now > polls + 3).then_some(())
            })
            .await;
            assert_eq!(creations.unfinished().await.unwrap().state, State::Running, "{days} days");
        }
    })
    .await;
}
