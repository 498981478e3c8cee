//! A host that cannot give a sign of life takes no step until it can; and of hosts that are dead nothing is left.

use cloudsim::{REGION, Service, Timing};
use patchbay_core::HostId;
use patchbay_durable::membership::Hosts;
use patchbay_operations::{Origin, State};
use patchbay_proto::clouddisk::DeleteCloudDiskReq;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_tests::creation::Creations;
use patchbay_tests::deployment::Builder;
use patchbay_tests::operation::{END_MAX, ended};
use patchbay_tests::postgres::Postgres;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::client::Client;
use crate::watch::origin;

/// Longer than a lease.
const BUILD_MS: u64 = 6_000;
/// No disk has this id.
const NO_DISK: &str = "00000000-0000-4000-8000-000000000000";

/// What DeleteCloudDisk answers for a disk that does not exist.
async fn refusal(deployment: &Deployment, creations: &Creations) -> (i32, String) {
    let request = DeleteCloudDiskReq { volume_id: NO_DISK.to_owned(), ..creations.tenant().request() };
    let answer = CloudDiskServiceClient::new(deployment.grpc()).delete_cloud_disk(request).await;
    let answer = answer.unwrap().into_inner();
    (answer.code, answer.msg)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_doubt_it_stands_still_and_then_goes_on() {
    needs_cloudsim!();
    let postgres = Postgres::start().await.unwrap();
    let short = "membership = { beat_ms = 200, lease_ms = 3000 }\n\
                 operation = { inline_wait_ms = 50, poll_ms_min = 20, poll_ms_max = 50 }";
    let builder = Deployment::builder().database(&postgres.database("patchbay").unwrap()).toml(short);
    let deployment = builder.start().await;
    let creations = Creations::of(&deployment, deployment.tenant("acme").await).await;
    let cloud = deployment.cloudsim();
    cloud.set_timing(Timing { server_build_ms: BUILD_MS, ..Timing::instant() });
    let begun = creations.create(deployment.grpc()).await;
    assert_eq!(begun.code, 0, "{}", begun.msg);

    // Nobody reads or writes the table until this ends.
    let pool = deployment.database().await;
    let mut locked = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE host IN ACCESS EXCLUSIVE MODE").execute(&mut *locked).await.unwrap();
    wait_for("the lease to be over", END_MAX, async || {
        let (code, msg) = refusal(&deployment, &creations).await;
        (code == 14 && msg.contains("out of touch")).then_some(())
    })
    .await;
    let built = async || creations.made().iter().any(|made| made.status == "ACTIVE").then_some(());
    wait_for("the server to be built", END_MAX, built).await;
    assert_eq!(cloud.count(Service::Compute, "POST", "/v2.1/servers/{id}/os-volume_attachments"), 0);

    locked.rollback().await.unwrap();
    let done = creations.ended(begun.operation.expect("x-operation-id")).await;
    assert_eq!(done.state, State::Done, "{done:?}");
    creations.whole_or_gone(&done).await;
    assert_eq!(refusal(&deployment, &creations).await.0, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dead_are_buried_and_what_they_carried_is_taken_up() {
    needs_cloudsim!();
    let postgres = Postgres::start().await.unwrap();
    let bound = "membership = { beat_ms = 50, lease_ms = 500, hosts_max = 1, name = \"here\" }";
    let builder = Builder::default().at_once().database(&postgres.database("patchbay").unwrap());
    let client = Client::start(builder.toml(bound)).await;
    let deployment = &client.scene.deployment;
    // More than are looked at together.
    let hosts = Hosts::new(deployment.database().await);
    let dead = [HostId::draw(), HostId::draw(), HostId::draw()];
    for host in dead {
        hosts.enter(host, "gone", "[]").await.unwrap();
    }
    let rows = deployment.operations().await;
    let origin = Origin { region: REGION.to_owned(), ..origin(&client) };
    let begun = rows.of_host(dead[2]).begin(origin).await.unwrap();
    let ended = ended(&rows, &client.scene.tenant, begun.id).await;
    assert!(ended.failure.unwrap().message.contains("The host stopped"));
    wait_for("the dead to be buried", END_MAX, async || {
        let left = hosts.others(HostId::draw(), 10).await.unwrap();
        (left.len() == 1 && left[0].name == "here").then_some(())
    })
    .await;
}
