//! A component is dropped in, or taken away, while the host serves.

use std::fs;

use patchbay_tests::component::{built, guest, install};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::backend::Backend;
use crate::{PLUGIN, SWAP_MAX, Stage, with_backend};

#[tokio::test]
async fn the_next_call_uses_what_was_dropped_in() {
    needs_cloudsim!();
    let stage = Stage::start(Deployment::builder()).await;
    assert_eq!(stage.flavor("x").await.code, 5);
    stage.install(&guest("hostile"));
    stage.serves(true).await;
    assert_eq!(stage.flavor("x").await.name, "x");
    stage.install(&built(PLUGIN));
    stage.serves(false).await;
}

#[tokio::test]
async fn a_call_in_flight_ends_on_the_plugin_that_began_it() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let stage = Stage::hostile(with_backend(Deployment::builder(), &backend.url)).await;
    let held = tokio::spawn(stage.flavor("hold"));
    backend.holds(1).await;
    stage.install(&built(PLUGIN));
    stage.serves(false).await;
    backend.release();
    let answer = held.await.unwrap();
    assert_eq!((answer.code, answer.name.as_str()), (0, "released"), "{}", answer.msg);
}

#[tokio::test]
async fn a_removed_file_does_not_stop_what_serves() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    fs::remove_file(stage.deployment.plugins().join(PLUGIN).with_extension("wasm")).unwrap();
    // Routes are looked at in their order, and storage's comes after compute's.
    install(b"no component", &stage.deployment.plugins(), "storage-cinder");
    stage.host.line(|line| line["plugin"] == "storage-cinder" && line["reason"].is_string()).await;
    assert_eq!(stage.flavor("x").await.code, 0);
}

#[tokio::test]
async fn without_a_plugin_a_domain_says_so_until_one_is_dropped_in() {
    needs_cloudsim!();
    let empty = |deployment: &Deployment| {
        fs::remove_file(deployment.plugins().join(PLUGIN).with_extension("wasm")).unwrap();
    };
    let stage = Stage::with(Deployment::builder(), empty).await;
    let answer = stage.flavor("x").await;
    assert_eq!(answer.code, 12);
    assert!(answer.msg.contains("compute"), "{}", answer.msg);
    assert_eq!(health(&stage).await, ServingStatus::NotServing);

    stage.install(&guest("hostile"));
    let serving = async || (health(&stage).await == ServingStatus::Serving).then_some(());
    wait_for("the service to be SERVING", SWAP_MAX, serving).await;
    assert_eq!(stage.flavor("x").await.code, 0);
}

async fn health(stage: &Stage) -> ServingStatus {
    let service = "flavor.FlavorService".to_owned();
    let answer = HealthClient::new(stage.host.grpc()).check(HealthCheckRequest { service }).await;
    match answer.expect("an answer").into_inner().status {
        1 => ServingStatus::Serving,
        2 => ServingStatus::NotServing,
        _ => ServingStatus::Unknown,
    }
}
