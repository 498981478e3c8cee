//! The host is killed while it waits for an answer of the gateway. The next one on the same database takes a bucket to
//! its end, and removes an account that has come no further.

use std::time::Duration;

use cloudsim::{Control, Fault, Service};
use patchbay_proto::oss::CreateUserAndBucketReq;
use patchbay_proto::oss::oss_service_client::OssServiceClient;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Scene, needs_cloudsim, operation, wait_for};

use crate::call::new_bucket;
use crate::client::Client;

/// Longer than any test: an answer that does not come.
const NEVER_MS: u64 = 600_000;
/// How long it may take until the host asks.
const ASKED_MAX: Duration = Duration::from_secs(60);

/// How often the gateway was asked to make or set something.
fn puts(cloud: &Control) -> u64 {
    let counts = cloud.counts().into_iter();
    counts
        .filter(|count| count.service == Service::Rgw1 && count.method == "PUT")
        .map(|count| count.count)
        .sum()
}

/// Kills the host that makes this call when the gateway gets the last of so many PUTs, and starts another.
async fn killed_at(scene: &mut Scene, asked: u32, request: CreateUserAndBucketReq) -> HostProcess {
    let host = HostProcess::start(&mut scene.deployment).await;
    let cloud = scene.deployment.cloudsim().clone();
    cloud.clear_record();
    cloud.fault(Fault::delay(NEVER_MS).on(Service::Rgw1, "PUT", "").skip(asked - 1));
    let mut client = OssServiceClient::new(host.grpc());
    let call = tokio::spawn(async move { client.create_user_and_bucket(request).await });
    let is_asked = async || (puts(&cloud) == u64::from(asked)).then_some(());
    wait_for("the call of the gateway", ASKED_MAX, is_asked).await;
    host.kill().await;
    assert!(call.await.unwrap().is_err(), "nobody answers after SIGKILL");
    cloud.clear_faults();
    HostProcess::start(&mut scene.deployment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_an_account_and_its_bucket_or_nothing() {
    needs_cloudsim!();
    let mut scene = Scene::start().await;
    let operations = scene.deployment.operations().await;
    let gateway = scene.deployment.gateway(0);
    for (asked, at, whole) in
        [(1, "the account", false), (2, "its quota", false), (3, "the bucket", true), (4, "its policy", true)]
    {
        let request = CreateUserAndBucketReq {
            platform_userid: format!("u-{asked}"),
            bucket_policy: "public-ro".to_owned(),
            ..new_bucket(&scene.tenant)
        };
        let uid = format!("{}.{}", scene.tenant.id, request.platform_userid);
        let bucket = request.bucket_name.clone();
        let next = killed_at(&mut scene, asked, request).await;
        operation::all_ended(&operations).await;
        if whole {
            assert_eq!(Client::anonymous(&gateway, &bucket).list().await, 200, "killed at {at}");
            assert_eq!(gateway.account(&uid).await["user_quota"]["enabled"], true);
        } else {
            assert!(gateway.account(&uid).await.is_null(), "killed at {at}");
        }
        next.kill().await;
    }
}
