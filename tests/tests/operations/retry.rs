//! A request that is sent again under its key is done once, and answered as it was the first time.

use cloudsim::{Effect, Fault, Service, Timing, VolumeQuota};
use patchbay_tests::contract::{self, Answer};
use patchbay_tests::deployment::Builder;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{needs_cloudsim, wait_for};
use serde_json::{Value, json};
use tonic::{Request, Status};

use crate::client::Client;
use crate::on_each_database;

pub(crate) const CREATE_DISK: &str = "clouddisk.CloudDiskService/CreateCloudDisk";
/// Longer than a call waits for what it began.
const SLOW_MS: u64 = 1_500;

impl Client {
    /// The RPC in the tenant's name, under this key.
    async fn try_keyed(&self, rpc: &str, fields: &Value, key: &str) -> Result<Answer, Status> {
        let mut fields = fields.clone();
        let tenant = &self.scene.tenant;
        fields["tenant_id"] = json!(tenant.id);
        fields["apikey"] = json!(tenant.apikey);
        let method = contract::method(rpc);
        let mut request = Request::new(contract::message(&method, &fields));
        request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
        contract::ask(self.scene.deployment.grpc(), &method, request).await
    }

    pub(crate) async fn keyed(&self, rpc: &str, fields: &Value, key: &str) -> Answer {
        self.try_keyed(rpc, fields, key).await.unwrap()
    }

    pub(crate) async fn volumes(&self) -> usize {
        self.scene.volumes().await.len()
    }
}

pub(crate) fn disk(name: &str) -> Value {
    json!({"volume_name": name, "cloud_disk_conf": {"size_in_g": 1}})
}

fn volume_id(answer: &Answer) -> Value {
    answer.body["cloud_disk"]["volume_id"].clone()
}

#[tokio::test]
async fn the_first_answer_is_given_again() {
    on_each_database(async |builder| {
        let mut client = Client::start(builder.at_once()).await;
        let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
        assert_eq!(first.code, 0, "{}", first.msg);
        let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
        assert_eq!((&again.body, again.operation), (&first.body, first.operation));
        assert_eq!(client.volumes().await, 1);

        // Whatever has become of it since, and whichever host is asked.
        let gone = json!({"volume_id": volume_id(&first)});
        assert_eq!(client.keyed("clouddisk.CloudDiskService/DeleteCloudDisk", &gone, "k-2").await.code, 0);
        client.scene.deployment.restart().await;
        let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
        assert_eq!((again.body, again.operation), (first.body, first.operation));
        assert_eq!(client.volumes().await, 0);
    })
    .await;
}

#[tokio::test]
async fn another_key_or_tenant_is_another_request() {
    let client = Client::start(Builder::default().at_once()).await;
    let one = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    let other = client.keyed(CREATE_DISK, &disk("data"), "k-2").await;
    assert_ne!(volume_id(&one), volume_id(&other));
    let scene = client.scene.next("globex").await;
    let theirs = Client { scene }.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!(theirs.code, 0, "{}", theirs.msg);
    assert_ne!(volume_id(&one), volume_id(&theirs));
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let client = Client::start(Builder::default().at_once()).await;
    let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    let other = client.keyed(CREATE_DISK, &disk("other"), "k-1").await;
    assert_eq!((other.code, other.msg.as_str()), (6, "idempotency-key was used for another request."));
    let gone = json!({"volume_id": volume_id(&first)});
    assert_eq!(client.keyed("clouddisk.CloudDiskService/DeleteCloudDisk", &gone, "k-1").await.code, 6);
    assert_eq!(client.volumes().await, 1);
}

#[tokio::test]
async fn a_key_is_visible_and_bounded() {
    let client = Client::start(Builder::default().at_once()).await;
    for wrong in ["", "a b", &"k".repeat(256)] {
        let answer = client.keyed(CREATE_DISK, &disk("data"), wrong).await;
        assert_eq!(answer.code, 3, "{}", answer.msg);
        assert!(answer.msg.starts_with("idempotency-key "), "{}", answer.msg);
    }
    assert_eq!(client.volumes().await, 0);
}

#[tokio::test]
async fn many_at_once_are_one() {
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once()).await;
        let all = (0..8).map(async |_| client.keyed(CREATE_DISK, &disk("data"), "k-1").await);
        let answers = futures::future::join_all(all).await;
        for answer in &answers {
            assert_eq!(answer.code, 0, "{}", answer.msg);
            assert_eq!((volume_id(answer), answer.operation), (volume_id(&answers[0]), answers[0].operation));
        }
        assert_eq!(client.volumes().await, 1);
    })
    .await;
}

#[tokio::test]
async fn while_it_goes_on_it_is_the_same_operation() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().toml("operation.inline_wait_ms = 50")).await;
    let slow = Timing { volume_create_ms: SLOW_MS, ..Timing::instant() };
    client.scene.deployment.cloudsim().set_timing(slow);
    let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert!(first.msg.contains("goes on"), "{}", first.msg);
    let second = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!(second.operation, first.operation);
    let whole = wait_for("the whole answer", END_MAX, async || {
        let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
        (!again.msg.contains("goes on")).then_some(again)
    })
    .await;
    assert_eq!((whole.code, whole.operation), (0, first.operation), "{}", whole.msg);
    assert_eq!(whole.body["cloud_disk"]["volume_status"], "available");
    assert_eq!(client.volumes().await, 1);
}

#[tokio::test]
async fn a_definite_failure_is_the_answer_again() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once()).await;
    let cloud = client.scene.deployment.cloudsim();
    cloud.set_volume_quota(&client.scene.project, VolumeQuota { volumes: 0, ..VolumeQuota::default() });
    let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!(first.code, 8, "{}", first.msg);
    cloud.set_volume_quota(&client.scene.project, VolumeQuota::default());
    cloud.clear_record();
    let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!((again.body, again.operation), (first.body, first.operation));
    assert!(cloud.requests().is_empty(), "the backend was asked again");
}

#[tokio::test]
async fn what_failed_for_a_while_and_left_nothing_is_begun_anew() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once()).await;
    let cloud = client.scene.deployment.cloudsim();
    let lost = Fault::once(Effect::CloseAfter).on(Service::Volume, "POST", "/volumes");
    cloud.fault(Fault { times: Some(3), ..lost });
    let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!(first.code, 14, "{}", first.msg);
    cloud.clear_faults();
    let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!(again.code, 0, "{}", again.msg);
    assert_ne!(again.operation, first.operation);
    assert_eq!(client.volumes().await, 1);
}

#[tokio::test]
async fn what_was_given_up_stays_given_up() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().toml("operation.inline_wait_ms = 50")).await;
    let slow = Timing { volume_create_ms: SLOW_MS, ..Timing::instant() };
    client.scene.deployment.cloudsim().set_timing(slow);
    let first = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    let id = first.operation.unwrap().to_string();
    assert_eq!(client.cancel(&id).await.code, 0);
    client.watched(&id).await;
    let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!((again.code, again.operation), (1, first.operation), "{}", again.msg);
    assert_eq!(client.volumes().await, 0);
}

#[tokio::test]
async fn what_is_changed_is_not_held_against_its_own_change() {
    let client = Client::start(Builder::default().at_once()).await;
    let made = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    let larger = json!({"volume_id": volume_id(&made), "cloud_disk_conf": {"size_in_g": 2}});
    let first = client.keyed("clouddisk.CloudDiskService/ReqizeCloudDisk", &larger, "k-2").await;
    let again = client.keyed("clouddisk.CloudDiskService/ReqizeCloudDisk", &larger, "k-2").await;
    assert_eq!((first.code, &again.body), (0, &first.body), "{}", first.msg);
}

#[tokio::test]
async fn a_key_is_kept_for_a_while() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let short = "idempotency.kept_ms = 100\ndatabase.probe_ms = 50\noperation = { prune_interval_ms = 50, prune_max = 2 }";
        let client = Client::start(builder.at_once().toml(short)).await;
        for key in ["k-1", "k-2", "k-3"] {
            assert_eq!(client.keyed(CREATE_DISK, &disk("data"), key).await.code, 0);
        }
        let pool = client.scene.deployment.database().await;
        wait_for("the keys to go", END_MAX, async || {
            let left: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM idempotency").fetch_one(&pool).await.unwrap();
            (left == 0).then_some(())
        })
        .await;
        assert_eq!(client.keyed(CREATE_DISK, &disk("data"), "k-1").await.code, 0);
        assert_eq!(client.volumes().await, 4);
    })
    .await;
}
