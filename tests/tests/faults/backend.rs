//! What each misbehaviour of the backend means to the caller of GetInstance, ListFlavors and CreateInstance.

use cloudsim::{ADMIN_PASSWORD, Effect, Fault, Service};
use patchbay_proto::instance::GetInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::creation::Creations;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};

use crate::{body, flavors};

/// Longer than the upstream's limit.
const SLOW_MS: u64 = 600_000;

/// Each fault, and the codes of GetInstance, ListFlavors and CreateInstance.
fn table() -> Vec<(&'static str, Fault, [i32; 3])> {
    let status = |status, message| Fault::status(status, body(status, message));
    let effect = |effect| Fault { effect, ..Fault::default() };
    vec![
        ("slow", Fault::delay(SLOW_MS), [4; 3]),
        ("endless", effect(Effect::Endless), [4; 3]),
        ("401", status(401, "Unauthorized"), [7; 3]),
        // An instance that the tenant may not see is none.
        ("403", status(403, "Policy does not allow it"), [5, 7, 7]),
        ("403 over quota", status(403, "Quota exceeded for instances"), [5, 8, 8]),
        ("404", status(404, "not found"), [5; 3]),
        ("409", status(409, "conflict"), [9; 3]),
        ("413", status(413, "too large"), [3; 3]),
        ("413 over limit", status(413, "overLimit"), [8; 3]),
        ("429", status(429, "slow down"), [14; 3]),
        ("500", status(500, "Unexpected API Error"), [13; 3]),
        ("503", status(503, "maintenance"), [14; 3]),
        ("closed", effect(Effect::CloseBefore), [14; 3]),
        ("reset mid-body", effect(Effect::CutBody), [14; 3]),
        ("malformed", effect(Effect::Malformed), [13; 3]),
    ]
}

/// A host in a process of its own; a tenant with an instance, and one whose instances are to fail.
struct Scene {
    host: HostProcess,
    deployment: Deployment,
    owner: Tenant,
    instance: String,
    creations: Creations,
}

impl Scene {
    async fn start() -> Self {
        let mut deployment = Deployment::builder().quick().start().await;
        let owner = deployment.tenant("owner").await;
        let first = Creations::of(&deployment, owner.clone()).await.create(deployment.grpc()).await;
        assert_eq!(first.code, 0, "{}", first.msg);
        let other = deployment.tenant("other").await;
        let creations = Creations::of(&deployment, other).await;
        let host = HostProcess::start(&mut deployment).await;
        Self { host, deployment, owner, instance: first.instance, creations }
    }

    async fn get_instance(&self) -> (i32, String) {
        let request = GetInstanceReq { instance_id: self.instance.clone(), ..self.owner.request() };
        let answer = InstanceServiceClient::new(self.host.grpc()).get_instance(request).await;
        let answer = answer.expect("an answer").into_inner();
        (answer.code, answer.msg)
    }

    async fn list_flavors(&self) -> (i32, String) {
        flavors(self.host.grpc(), &self.owner).await
    }

    /// CreateInstance, and its operation's end.
    async fn create_instance(&self) -> (i32, String) {
        let answer = self.creations.create(self.host.grpc()).await;
        self.deployment.cloudsim().clear_faults();
        let ended = self.creations.ended(answer.operation.expect("x-operation-id")).await;
        self.creations.whole_or_gone(&ended).await;
        (answer.code, answer.msg)
    }

    /// What the three calls answer while the fault is there.
    async fn answers(&self, fault: &Fault) -> [(i32, String); 3] {
        let cloud = self.deployment.cloudsim();
        let set = |method, path| {
            cloud.clear_faults();
            cloud.fault(fault.clone().on(Service::Compute, method, path));
        };
        set("GET", "/servers/");
        let got = self.get_instance().await;
        set("GET", "/flavors");
        let listed = self.list_flavors().await;
        set("POST", "/servers");
        let created = self.create_instance().await;
        [got, listed, created]
    }
}

/// What must be in no sentence and no line: the operator's and the tenants' credentials, the cloud's password, and
/// the beginning of every token.
fn secrets(scene: &Scene) -> Vec<String> {
    let tenants = [&scene.owner, scene.creations.tenant()].map(|tenant| tenant.apikey.clone());
    let fixed = [scene.deployment.operator_token(), ADMIN_PASSWORD, "gAAAAAB"].map(str::to_owned);
    tenants.into_iter().chain(fixed).collect()
}

#[tokio::test]
async fn every_misbehaviour_has_its_code() {
    needs_cloudsim!();
    let scene = Scene::start().await;
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    for (name, fault, codes) in table() {
        let answers = scene.answers(&fault).await;
        if answers.each_ref().map(|(code, _)| *code) != codes {
            wrong.push(format!("{name}: {codes:?} expected, {answers:?}"));
        }
        told.extend(answers.map(|(_, msg)| msg));
        assert_eq!(scene.list_flavors().await.0, 0, "after {name} the host serves");
        assert_eq!(scene.get_instance().await.0, 0, "after {name} the host serves");
    }
    assert!(wrong.is_empty(), "GetInstance, ListFlavors, CreateInstance:\n{}", wrong.join("\n"));

    let log: Vec<_> = scene.host.log().iter().map(ToString::to_string).collect();
    assert!(!log.iter().any(|line| line.contains("panicked")), "{log:#?}");
    for secret in secrets(&scene) {
        assert!(!told.iter().any(|msg| msg.contains(&secret)), "a sentence holds {secret}");
        let line = log.iter().find(|line| line.contains(&secret));
        assert_eq!(line, None, "a line holds {secret}");
    }
}

#[tokio::test]
async fn a_catalogue_without_the_service_is_unsupported() {
    needs_cloudsim!();
    let scene = Scene::start().await;
    let cloud = scene.deployment.cloudsim();
    cloud.set_catalogue_omits(&[Service::Compute]);
    cloud.expire_tokens();
    assert_eq!(scene.list_flavors().await.0, 12);
    let told = |line: &serde_json::Value| {
        let error = line["error"].as_str().unwrap_or_default();
        error.contains("The cloud has no service of type \"compute\"")
    };
    scene.host.line(told).await;
    assert_eq!(scene.get_instance().await.0, 12);
    let created = scene.creations.create(scene.host.grpc()).await;
    assert_eq!(created.code, 12, "{}", created.msg);

    cloud.set_catalogue_omits(&[]);
    cloud.expire_tokens();
    // Its disks were made all the same; they go as soon as Nova can be asked whether there is a server.
    let ended = scene.creations.ended(created.operation.expect("x-operation-id")).await;
    scene.creations.whole_or_gone(&ended).await;
    assert_eq!(flavors(scene.host.grpc(), scene.creations.tenant()).await.0, 0);
}

#[tokio::test]
async fn a_cloud_that_is_gone_is_unavailable() {
    needs_cloudsim!();
    let mut scene = Scene::start().await;
    assert_eq!(scene.list_flavors().await.0, 0);
    scene.deployment.stop_cloud().await;
    assert_eq!(scene.list_flavors().await.0, 14);
    assert_eq!(scene.get_instance().await.0, 14);
    assert_eq!(scene.creations.create(scene.host.grpc()).await.code, 14);
}

#[tokio::test]
async fn what_asks_to_come_again_soon_is_asked_again() {
    needs_cloudsim!();
    let scene = Scene::start().await;
    let cloud = scene.deployment.cloudsim();
    for status in [429, 503] {
        let headers = [("retry-after".to_owned(), "1".to_owned())].into();
        let busy = Effect::Status { status, body: body(status, "later"), headers };
        cloud.clear_record();
        cloud.fault(Fault::once(busy).on(Service::Compute, "GET", "/flavors"));
        assert_eq!(scene.list_flavors().await.0, 0, "{status}");
        assert_eq!(cloud.count(Service::Compute, "GET", "/v2.1/flavors/detail"), 2, "{status}");
    }
}
