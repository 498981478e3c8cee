//! Too much at once: what is new is shed, what was taken on goes on, and the memory of it all is bounded.

use std::time::Duration;

use cloudsim::{Fault, Service};
use futures::future::join_all;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq};
use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::raw::{Raw, encoded};
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::GET_FLAVOR;

const STATE_MAX: Duration = Duration::from_secs(60);
const UNAVAILABLE: Option<i32> = Some(14);
const MIB: usize = 1 << 20;

async fn shed(deployment: &Deployment) -> u64 {
    Metrics::read(&deployment.http()).await.sum("patchbay_refusals_total", &[("reason", "overload")])
}

async fn create(deployment: &Deployment, tenant: &Tenant) -> i32 {
    let size = Some(CloudDiskConf { size_in_g: 1, ..CloudDiskConf::default() });
    let request =
        CreateCloudDiskReq { volume_name: "data".to_owned(), cloud_disk_conf: size, ..tenant.request() };
    let made = CloudDiskServiceClient::new(deployment.grpc()).create_cloud_disk(request).await;
    made.unwrap().into_inner().code
}

#[tokio::test(flavor = "multi_thread")]
async fn new_calls_are_shed_while_those_under_way_go_on() {
    needs_cloudsim!();
    let deployment = Deployment::builder().toml("grpc.calls_max = 1").start().await;
    let tenant = deployment.tenant("acme").await;
    // The operation has begun, and its call waits for the disk.
    deployment.cloudsim().fault(Fault::delay(3_000).on(Service::Volume, "GET", "/volumes/").times(1));
    let beyond = async {
        wait_for("the disk to be asked for", STATE_MAX, async || {
            let asked = deployment.cloudsim().requests();
            asked.iter().any(|one| one.method == "POST" && one.path.ends_with("/volumes")).then_some(())
        })
        .await;
        let told = wait_for("a call to be shed", STATE_MAX, async || {
            let mut flavors = FlavorServiceClient::new(deployment.grpc());
            flavors.list_flavors(tenant.request::<ListFlavorsReq>()).await.err()
        })
        .await;
        assert_eq!(told.code(), Code::Unavailable, "{told:?}");
        let wait = told.get_details_retry_info().unwrap().retry_delay;
        assert_eq!(wait, Some(Duration::from_secs(1)));
        assert_eq!(told.metadata().get("retry-after").unwrap(), "1");
        // Whoever asks how the host is gets an answer all the same.
        HealthClient::new(deployment.grpc()).check(HealthCheckRequest::default()).await.unwrap();
        assert!(shed(&deployment).await > 0);
    };
    let (made, ()) = tokio::join!(create(&deployment, &tenant), beyond);
    assert_eq!(made, 0);
    let mut flavors = FlavorServiceClient::new(deployment.grpc());
    let answer = flavors.list_flavors(tenant.request::<ListFlavorsReq>()).await.unwrap();
    assert_eq!(answer.into_inner().code, 0);
}

/// As a message of a mebibyte begins, with most of it.
fn unfinished() -> Vec<u8> {
    let length = u32::try_from(MIB).unwrap().to_be_bytes();
    [&[0], &length[..], &vec![0; MIB - 1_024]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_take_so_much_memory_and_no_more() {
    let bounds = "grpc = { calls_bytes_max = 4194304, message_ms_max = 600000, call_ms_max = 600000 }";
    let deployment = Deployment::builder().toml(bounds).start().await;
    let tenant = deployment.tenant("acme").await;
    let mut raws = Vec::new();
    for _ in 0..16 {
        raws.push(Raw::connect(&deployment.endpoint()).await);
    }
    let sent = join_all(raws.iter_mut().map(async |raw| {
        let mut call = raw.open(GET_FLAVOR, &[]).await;
        call.send(unfinished().into(), false);
        call
    }))
    .await;
    // Four fit; which they are is the network's business.
    let mut told: Vec<_> = sent.into_iter().map(|call| Box::pin(call.told())).collect();
    for _ in 0..12 {
        let (refused, _, left) = futures::future::select_all(told).await;
        assert_eq!(refused.status, UNAVAILABLE, "{refused:?}");
        told = left;
    }
    assert!(shed(&deployment).await >= 12);
    // What is left goes with its connections.
    drop((told, raws));
    wait_for("room for a call", STATE_MAX, async || {
        let mut raw = Raw::connect(&deployment.endpoint()).await;
        let told = raw
            .call("flavor.FlavorService/ListFlavors", &[], &encoded(&tenant.request::<ListFlavorsReq>()))
            .await;
        (told.status == Some(0)).then_some(())
    })
    .await;
}
