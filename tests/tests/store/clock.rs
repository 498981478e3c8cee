//! Time as it is counted: by no more than passes while a host runs, whatever the clock says.

use patchbay_database as database;
use patchbay_database::{Doubt, Pool, Probe};
use patchbay_telemetry::Readiness;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::wait_for;
use tokio_util::sync::CancellationToken;

use super::Store;

const DAY_MS: i64 = 24 * 3_600_000;

async fn counted(pool: &Pool) -> i64 {
    sqlx::query_scalar("SELECT total_ms FROM counted_time").fetch_one(pool).await.unwrap()
}

/// The clock is set ahead by so much, or back; afterwards a step is taken by a host that starts, and by one that runs.
async fn set_ahead(store: &Store, pool: &Pool, ms: i64) {
    let set = async || {
        let sql = "UPDATE counted_time SET read_at = read_at - $1";
        sqlx::query(sql).bind(ms).execute(pool).await.unwrap();
    };
    set().await;
    let (ready, stop) = (Readiness::default(), CancellationToken::new());
    let probe = Probe::new(store.config.clone(), Doubt::default(), ready.clone());
    let running = tokio::spawn(probe.run(stop.clone()));
    let start = counted(pool).await;
    let goes_on = async |since: i64| {
        wait_for("time to be counted", END_MAX, async || (counted(pool).await > since).then_some(())).await;
    };
    goes_on(start).await;
    set().await;
    goes_on(counted(pool).await).await;
    goes_on(counted(pool).await).await;
    stop.cancel();
    running.await.unwrap();
}

pub(crate) async fn time_is_counted_in_short_steps(store: &Store) {
    let pool = database::open(&store.config).await.unwrap();
    for days in [2, -1, 400] {
        let before = counted(&pool).await;
        set_ahead(store, &pool, days * DAY_MS).await;
        let passed = counted(&pool).await - before;
        assert!((1..DAY_MS / 24).contains(&passed), "{days} days: {passed} ms");
    }
}
