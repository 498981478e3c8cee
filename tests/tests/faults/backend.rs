//! What each misbehaviour of the backend means to the caller of GetInstance, ListFlavors and CreateInstance.

use cloudsim::{ADMIN_PASSWORD, Effect, Fault, Service};
use patchbay_proto::instance::GetInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::creation::Creations;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use serde_json::json;

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
        ("413 too often", status(413, "This request was rate-limited."), [14; 3]),
        // What is not the service's own answer says nothing of what was asked for.
        ("404 of a proxy", Fault::status(404, json!("default backend - 404")), [14; 3]),
        ("404 of a web server", Fault::status(404, json!("<html><h1>404 Not Found</h1></html>")), [14; 3]),
        ("403 of a proxy", Fault::status(403, json!("<html>Forbidden</html>")), [14; 3]),
        ("no route", Fault::status(404, no_route()), [14; 3]),
        ("HTML", Fault::status(200, json!("<html>Welcome</html>")), [14; 3]),
        ("nothing", Fault::status(200, json!(null)), [14; 3]),
        ("a BOM", Fault::status(200, json!("\u{feff}{}")), [14; 3]),
        ("choices", Fault::status(300, json!({"choices": []})), [14; 3]),
        ("elsewhere", Fault::status(302, json!("moved")), [14; 3]),
        ("429", status(429, "slow down"), [14; 3]),
        ("500", status(500, "Unexpected API Error"), [13; 3]),
        ("503", status(503, "maintenance"), [14; 3]),
        ("closed", effect(Effect::CloseBefore), [14; 3]),
        ("reset mid-body", effect(Effect::CutBody), [14; 3]),
        ("malformed", effect(Effect::Malformed), [14; 3]),
    ]
}

/// What Nova answers at a path that it does not have.
fn no_route() -> serde_json::Value {
    let message = "The resource could not be found.<br /><br />\n\n\n";
    json!({"message": message, "code": "404 Not Found", "title": "Not Found"})
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

/// The token lives on, and with it the catalogue that lacked the service.
#[tokio::test]
async fn a_catalogue_that_is_mended_is_fetched_anew() {
    needs_cloudsim!();
    let builder = Deployment::builder().toml("upstream.cloud.login_backoff_ms = 300");
    let deployment = builder.start().await;
    let tenant = deployment.tenant("acme").await;
    let cloud = deployment.cloudsim();
    cloud.set_catalogue_omits(&[Service::Compute]);
    assert_eq!(flavors(deployment.grpc(), &tenant).await.0, 12);
    cloud.set_catalogue_omits(&[]);
    wait_for("the service to be found", END_MAX, async || {
        (flavors(deployment.grpc(), &tenant).await.0 == 0).then_some(())
    })
    .await;
}

/// Until then Keystone is asked once in a while, however many calls there are.
#[tokio::test]
async fn a_catalogue_that_lacks_a_service_is_not_fetched_by_each_call() {
    needs_cloudsim!();
    let builder = Deployment::builder().toml("upstream.cloud.login_backoff_ms = 600000");
    let deployment = builder.start().await;
    let tenant = deployment.tenant("acme").await;
    let cloud = deployment.cloudsim();
    cloud.set_catalogue_omits(&[Service::Compute]);
    cloud.clear_record();
    for _ in 0..10 {
        assert_eq!(flavors(deployment.grpc(), &tenant).await.0, 12);
    }
    assert_eq!(cloud.count(Service::Identity, "POST", "/v3/auth/tokens"), 1);
}

#[tokio::test]
async fn an_answer_that_comes_packed_is_understood() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let packed = Fault { effect: Effect::Packed, ..Fault::default() };
    deployment.cloudsim().fault(packed);
    let (code, msg) = flavors(deployment.grpc(), &tenant).await;
    assert_eq!(code, 0, "{msg}");
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
    for status in [413, 429, 503] {
        let headers = [("retry-after".to_owned(), "1".to_owned())].into();
        let busy = Effect::Status { status, body: body(status, "This request was rate-limited."), headers };
        cloud.clear_record();
        cloud.fault(Fault::once(busy).on(Service::Compute, "GET", "/flavors"));
        assert_eq!(scene.list_flavors().await.0, 0, "{status}");
        assert_eq!(cloud.count(Service::Compute, "GET", "/v2.1/flavors/detail"), 2, "{status}");
    }
}
