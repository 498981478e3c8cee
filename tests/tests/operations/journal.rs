//! What plugins changed in the cloud is in the database before they see how it ended, and `patchbay journal` shows it.

use cloudsim::{Effect, Fault, Resource, Service, Timing};
use patchbay_operations::State;
use patchbay_proto::journal::journal_service_client::JournalServiceClient;
use patchbay_proto::journal::list_calls_request::Of;
use patchbay_proto::journal::{Call, ListCallsRequest};
use patchbay_tests::command::patchbay;
use patchbay_tests::contract::{self, Answer};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use serde_json::{Value, json};
use sqlx::Row as _;
use tonic::transport::Channel;

use crate::client::Client;
use crate::{Scene, on_each_database};

/// Longer than any test: a request that does not come back.
const NEVER_MS: u64 = 600_000;
/// Long enough to be seen by a test that looks every 50 ms.
const LONG_MS: u64 = 4_000;

/// The calls as the service tells them.
async fn listed(deployment: &Deployment, host: Channel, of: Of) -> Vec<Call> {
    let request = ListCallsRequest { of: Some(of), page_number: 1, page_size: 200 };
    let answer = JournalServiceClient::new(host).list_calls(deployment.operator(request)).await;
    answer.unwrap().into_inner().calls
}

impl Client {
    async fn journal(&self, of: Of) -> Vec<Call> {
        listed(&self.scene.deployment, self.scene.deployment.grpc(), of).await
    }

    /// CreateCloudDisk, however it ends.
    async fn try_disk(&self) -> Answer {
        let tenant = &self.scene.tenant;
        let request = json!({
            "tenant_id": tenant.id, "apikey": tenant.apikey, "platform_userid": "u-7",
            "volume_name": "data", "cloud_disk_conf": { "size_in_g": 1 },
        });
        contract::call(self.scene.deployment.grpc(), "clouddisk.CloudDiskService/CreateCloudDisk", &request)
            .await
    }

    /// The rows of the table.
    async fn rows(&self) -> i64 {
        let pool = self.scene.deployment.database().await;
        sqlx::query("SELECT COUNT(*) FROM journal").fetch_one(&pool).await.unwrap().get(0)
    }
}

/// The ids that the answers to requests to such a path named.
fn made<'a>(calls: &'a [Call], path: &str) -> Vec<&'a str> {
    let posts = calls.iter().filter(|call| call.method == "POST" && call.path.ends_with(path));
    posts.flat_map(|call| call.ids.iter().map(String::as_str)).collect()
}

#[tokio::test]
async fn what_a_creation_changed_is_there_in_order() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once()).await;
        let cloud = client.scene.deployment.cloudsim();
        cloud.clear_record();
        let id = client.instance().await;
        let operation = client.in_state(&id, "done").await;
        let calls = client.journal(Of::OperationId(id.clone())).await;

        let changes =
            |request: &&cloudsim::Request| request.service != Service::Identity && request.method != "GET";
        let asked: Vec<_> = cloud.requests();
        let mut asked: Vec<_> = asked
            .iter()
            .filter(changes)
            .map(|asked| (asked.method.as_str(), u32::from(asked.status)))
            .collect();
        let mut told: Vec<_> =
            calls.iter().map(|call| (call.method.as_str(), call.status.unwrap())).collect();
        asked.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, asked, "just what the cloud was asked to change");

        let there = cloud.resources();
        let is_there = |id: &str, kind: &str| there.iter().any(|there| there.id == id && there.kind == kind);
        let (servers, volumes) = (made(&calls, "/servers"), made(&calls, "/volumes"));
        assert!(servers == [operation.resource_id.as_str()] && is_there(servers[0], "server"), "{calls:#?}");
        assert!(volumes.len() == 1 && is_there(volumes[0], "volume"), "{calls:#?}");
        let last = calls.last().unwrap();
        assert!(last.path.ends_with("/os-volume_attachments"), "after what it attaches: {calls:#?}");
        for call in &calls {
            assert_eq!((&call.operation_id, &call.request_id), (&id, &operation.request_id));
            assert_eq!((&call.tenant_id, call.digest.len()), (&client.scene.tenant.id, 64));
            assert!(call.backend_request_id.starts_with("req-") && call.sent_time.ends_with('Z'), "{call:?}");
        }
        assert!(calls.windows(2).all(|pair| pair[0].number < pair[1].number), "{calls:#?}");
        assert!(calls.iter().any(|call| call.plugin == "storage-cinder"), "through the storage plugin");
        assert_eq!(client.journal(Of::RequestId(operation.request_id)).await, calls);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_there_with_its_failure() {
    needs_cloudsim!();
    let client = Client::start(Deployment::builder().at_once().quick()).await;
    let cloud = client.scene.deployment.cloudsim();
    let late = Fault { times: Some(1), ..Fault::delay(NEVER_MS) };
    for (fault, word) in [(Fault::once(Effect::CloseAfter), "broken"), (late, "timeout")] {
        cloud.fault(fault.on(Service::Volume, "POST", "/volumes"));
        let answer = client.try_disk().await;
        let id = answer.operation.expect("x-operation-id").to_string();
        client.watched(&id).await;
        let calls = client.journal(Of::OperationId(id)).await;
        let lost = &calls[0];
        assert_eq!((lost.method.as_str(), lost.status, lost.failure.as_str()), ("POST", None, word));
        assert!(lost.ids.is_empty() && lost.took_us > 0, "{lost:?}");
    }
}

#[tokio::test]
async fn it_is_there_before_the_plugin_sees_the_answer() {
    needs_cloudsim!();
    let Scene { host, creations, mut deployment } = Scene::start(Deployment::builder().at_once()).await;
    deployment.cloudsim().set_timing(Timing { volume_attach_ms: LONG_MS, ..Timing::instant() });
    let call = creations.begin(host.grpc());
    // The plugin asks for this only after it has seen the other answers.
    let under_way = |resource: &Resource| matches!(resource.status.as_str(), "reserved" | "attaching");
    let asked = async || creations.made().iter().any(under_way).then_some(());
    wait_for("a disk to be attached", END_MAX, asked).await;
    let operation = creations.unfinished().await.expect("it goes on");
    host.kill().await;
    assert!(call.await.unwrap().is_err());
    let made_now = creations.made();

    let next = HostProcess::start(&mut deployment).await;
    let calls = listed(&deployment, next.grpc(), Of::OperationId(operation.id.to_string())).await;
    let (servers, volumes) = (made(&calls, "/servers"), made(&calls, "/volumes"));
    assert_eq!((servers.len(), volumes.len()), (1, 2), "{calls:#?}");
    for id in servers.iter().chain(&volumes) {
        assert!(made_now.iter().any(|resource| resource.id == *id), "{id}: {made_now:#?}");
    }
    assert_eq!(creations.ended(operation.id).await.state, State::Done);
}

#[tokio::test]
async fn no_row_holds_a_secret() {
    needs_cloudsim!();
    let client = Client::start(Deployment::builder().at_once()).await;
    let tenant = &client.scene.tenant;
    let mut request = json!({
        "tenant_id": tenant.id, "apikey": tenant.apikey, "platform_userid": "ana", "region": "RegionOne",
        "bucket_name": "photos", "bucket_policy": "public-ro",
    });
    let call = async |rpc, request: &Value| {
        let answer = contract::call(client.scene.deployment.grpc(), rpc, request).await;
        assert_eq!(answer.code, 0, "{}", answer.msg);
        answer.body
    };
    let made = call("oss.OSSService/CreateUserAndBucket", &request).await;
    request["oss_uid"] = made["oss_user"]["oss_uid"].clone();
    request.as_object_mut().unwrap().retain(|field, _| !field.starts_with("bucket"));
    call("oss.OSSService/RecoverKey", &request).await;

    let pool = client.scene.deployment.database().await;
    let sql = "SELECT method || ' ' || path || ' ' || ids || COALESCE(backend_request_id, '') FROM journal";
    let rows: Vec<String> =
        sqlx::query(sql).fetch_all(&pool).await.unwrap().iter().map(|row| row.get(0)).collect();
    let uid = made["oss_user"]["oss_uid"].as_str().unwrap();
    assert!(rows.iter().any(|row| row.starts_with("PUT") && row.contains(uid)), "{rows:#?}");
    let gateway = client.scene.deployment.gateway(0);
    let key = |name: &str| made[name].as_str().unwrap().to_owned();
    let secrets = [
        key("oss_secret_key"),
        key("oss_access_key"),
        gateway.secret_key().to_owned(),
        tenant.apikey.clone(),
    ];
    for secret in secrets {
        assert_eq!(rows.iter().find(|row| row.contains(&secret)), None, "{secret}");
    }
}

#[tokio::test]
async fn changes_beyond_the_queue_are_refused_before_they_are_sent() {
    needs_cloudsim!();
    // As many as a registration has under way; an instance with two disks has three.
    let Scene { host, creations, deployment } =
        Scene::start(Deployment::builder().at_once().toml("journal.queue_max = 2")).await;
    let cloud = deployment.cloudsim();
    for (service, path) in [(Service::Compute, "/servers"), (Service::Volume, "/volumes")] {
        cloud.fault(Fault::delay(500).on(service, "POST", path));
    }
    let answer = creations.create(host.grpc()).await;
    assert_eq!(answer.code, 14, "{}", answer.msg);
    let ended = creations.ended(answer.operation.expect("x-operation-id")).await;
    assert!(ended.state == State::Failed && ended.leftovers.is_empty(), "{ended:?}");
    creations.whole_or_gone(&ended).await;
    let calls = listed(&deployment, host.grpc(), Of::OperationId(ended.id.to_string())).await;
    let posts = calls.iter().filter(|call| call.method == "POST");
    assert_eq!(posts.count(), 2, "the third was not sent: {calls:#?}");
}

#[tokio::test]
async fn it_holds_so_many_calls_for_so_long() {
    needs_cloudsim!();
    let bounds =
        |bound: &str| format!("operation.prune_interval_ms = 50\ndatabase.probe_ms = 50\njournal.{bound}");
    let client = Client::start(Deployment::builder().at_once().toml(&bounds("rows_max = 2"))).await;
    let mut last = String::new();
    for name in ["one", "two", "three", "four"] {
        (last, _) = client.disk(name).await;
    }
    wait_for("the oldest to go", END_MAX, async || (client.rows().await <= 2).then_some(())).await;
    assert!(!client.journal(Of::OperationId(last)).await.is_empty(), "the newest stay");

    let client = Client::start(Deployment::builder().at_once().toml(&bounds("kept_ms = 1"))).await;
    let (operation, _) = client.disk("one").await;
    wait_for("all to go", END_MAX, async || (client.rows().await == 0).then_some(())).await;
    assert_eq!(client.get(&operation).await.operation.unwrap().state, "done", "kept on its own terms");
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_go_on() {
    needs_cloudsim!();
    let client = Client::start(Deployment::builder().at_once()).await;
    let pool = client.scene.deployment.database().await;
    sqlx::query("ALTER TABLE journal RENAME TO away").execute(&pool).await.unwrap();
    let answer = client.try_disk().await;
    assert_eq!(answer.code, 14, "{}", answer.msg);
    let id = answer.operation.expect("x-operation-id").to_string();
    assert_eq!(client.get(&id).await.operation.unwrap().state, "abandoning", "its undoing waits as well");
    sqlx::query("ALTER TABLE away RENAME TO journal").execute(&pool).await.unwrap();
    let end = client.watched(&id).await.pop().unwrap();
    assert!(end.state == "failed" && end.leftovers.is_empty(), "{end:?}");
    assert!(client.scene.volumes().await.is_empty());
}

#[tokio::test]
async fn the_command_shows_one_calls_changes() {
    needs_cloudsim!();
    let client = Client::start(Deployment::builder().at_once()).await;
    let id = client.instance().await;
    let operation = client.in_state(&id, "done").await;
    let deployment = &client.scene.deployment;
    let table = patchbay(deployment, &["journal", &id]).await;
    assert_eq!((table.status, table.err.as_str()), (0, ""), "{table:?}");
    let lines: Vec<_> = table.out.lines().collect();
    assert!(lines[0].starts_with("SENT") && lines[0].contains("STATUS"), "{}", table.out);
    let server = lines.iter().find(|line| line.contains("/servers ")).expect("the server's line");
    for word in ["compute-nova@", "POST", "202", operation.resource_id.as_str()] {
        assert!(server.contains(word), "{word}: {server}");
    }
    let json = patchbay(deployment, &["journal", &operation.request_id, "--json"]).await;
    let calls = json.json()["calls"].as_array().unwrap().clone();
    assert_eq!(calls.len(), lines.len() - 1);
    assert!(calls.iter().all(|call| call["operation_id"] == id.as_str()), "{calls:#?}");

    let none = patchbay(deployment, &["journal", "req-none"]).await;
    assert!(none.status == 1 && none.err.contains("no calls of req-none"), "{none:?}");
    let wrong = patchbay(deployment, &["journal", &id, "--token", "wrong"]).await;
    assert!(wrong.status == 1 && wrong.err.contains("Unauthenticated"), "{wrong:?}");
}
