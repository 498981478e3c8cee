//! Ended operations are kept for a while only; one that goes on, and where its resources are, for ever.

use cloudsim::Timing;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{needs_cloudsim, wait_for};

use crate::client::Client;
use crate::on_each_database;

/// More has ended than one statement removes.
const SHORT: &str = "idempotency.kept_ms = 100
database.probe_ms = 50
operation = { inline_wait_ms = 5000, kept_ms = 100, prune_interval_ms = 50, prune_max = 2 }";
/// Longer than any test.
const NEVER_MS: u64 = 600_000;

#[tokio::test]
async fn what_has_ended_is_forgotten_and_what_goes_on_is_not() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once().toml(SHORT)).await;
        let never = Timing { server_build_ms: NEVER_MS, ..Timing::instant() };
        client.scene.deployment.cloudsim().set_timing(never);
        let going_on = client.instance().await;
        let mut disk = String::new();
        let mut ended = String::new();
        for name in ["one", "two", "three", "four", "five"] {
            (ended, disk) = client.disk(name).await;
        }
        let rows = client.scene.deployment.operations().await;
        let tenant = client.scene.tenant.id.parse().unwrap();
        rows.place(tenant, &disk, "RegionOne").await.unwrap();

        wait_for("the ended operations to go", END_MAX, async || {
            let left = client.list(client.all()).await;
            (left.len() == 1 && left[0].operation_id == going_on).then_some(())
        })
        .await;
        assert_eq!(client.get(&ended).await.code, 5);
        assert_eq!(client.get(&going_on).await.operation.unwrap().state, "running");
        assert_eq!(rows.placed(tenant, &disk).await.unwrap().as_deref(), Some("RegionOne"));
    })
    .await;
}
