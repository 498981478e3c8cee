//! What is only cloudsim's: faults, timing, failures, tokens that end, the record, the control endpoint.

#![allow(clippy::expect_used, reason = "a test that cannot go on stops there")]

use std::time::{Duration, Instant};

use cloudsim::{
    ADMIN_PASSWORD, Cloudsim, Effect, Failures, Fault, NetworkQuota, Options, Service, ShareQuota, Timing,
    VolumeQuota,
};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

/// A cloud in which nothing takes time, and its admin.
struct Admin {
    cloud: Cloudsim,
    http: Client,
    token: String,
    project: String,
    catalogue: Vec<String>,
}

impl Admin {
    async fn new() -> Self {
        // The second test of a process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { timing: Timing::instant(), ..Options::default() };
        let cloud = Cloudsim::start(options).await.expect("a free port");
        let http = Client::builder().no_proxy().build().expect("a client");
        let (token, project, catalogue) = (String::new(), String::new(), Vec::new());
        let mut admin = Self { cloud, http, token, project, catalogue };
        admin.login().await;
        admin
    }

    async fn login(&mut self) {
        let domain = json!({"id": "default"});
        let user = json!({"name": "admin", "domain": domain, "password": ADMIN_PASSWORD});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let scope = json!({"project": {"name": "admin", "domain": domain}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let url = format!("{}/auth/tokens", self.cloud.auth_url());
        let answer = self.http.post(url).json(&body).send().await.expect("an answer");
        self.token = answer.headers()["x-subject-token"].to_str().expect("text").to_owned();
        let body: Value = answer.json().await.expect("JSON");
        self.project = body["token"]["project"]["id"].as_str().expect("a project").to_owned();
        let catalogue = body["token"]["catalog"].as_array().expect("a catalogue").iter();
        self.catalogue =
            catalogue.filter_map(|service| service["type"].as_str()).map(str::to_owned).collect();
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> reqwest::Result<Response> {
        let request = self.http.request(method, format!("{}{path}", self.cloud.url()));
        request.header("x-auth-token", &self.token).json(&body).send().await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.send(Method::GET, path, json!(null)).await.expect("an answer");
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn make_volume(&self) -> reqwest::Result<Value> {
        let path = format!("/volume/v3/{}/volumes", self.project);
        self.send(Method::POST, &path, json!({"volume": {"size": 1}})).await?.json().await
    }

    fn volumes(&self) -> Vec<String> {
        let resources = self.cloud.control().resources().into_iter();
        resources.filter(|resource| resource.kind == "volume").map(|volume| volume.status).collect()
    }
}

const FLAVORS: &str = "/compute/v2.1/flavors";

#[tokio::test]
async fn a_status_is_answered_in_the_services_place_and_only_so_often() {
    let admin = Admin::new().await;
    let fault = Fault::status(503, json!({"computeFault": {"code": 503}}));
    admin.cloud.control().fault(fault.on(Service::Compute, "GET", "/flavors").skip(1).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(admin.get(FLAVORS).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert_eq!(admin.get("/image/v2/images").await.0, 200);
}

#[tokio::test]
async fn a_delay_holds_the_answer_back() {
    let admin = Admin::new().await;
    admin.cloud.control().fault(Fault::delay(200).times(1));
    let begun = Instant::now();
    assert_eq!(admin.get(FLAVORS).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_connection_ends_before_or_after_the_deed() {
    let admin = Admin::new().await;
    let post = |effect| Fault::once(effect).on(Service::Volume, "POST", "/volumes");
    admin.cloud.control().fault(post(Effect::CloseBefore));
    assert!(admin.make_volume().await.is_err());
    assert!(admin.volumes().is_empty());
    admin.cloud.control().fault(post(Effect::CloseAfter));
    assert!(admin.make_volume().await.is_err());
    assert_eq!(admin.volumes(), ["available"]);
}

#[tokio::test]
async fn an_answer_comes_late_or_is_padded_and_all_is_done() {
    let admin = Admin::new().await;
    let post = |effect| Fault::once(effect).on(Service::Volume, "POST", "/volumes");
    admin.cloud.control().fault(post(Effect::Late { delay_ms: 3_600_000 }));
    let late = tokio::time::timeout(Duration::from_millis(500), admin.make_volume()).await;
    assert!(late.is_err(), "it came at once");
    assert_eq!(admin.volumes(), ["available"]);
    admin.cloud.control().fault(Fault::once(Effect::Padded { bytes: 1 << 20 }));
    let answer = admin.send(Method::GET, FLAVORS, json!(null)).await.expect("a head");
    let text = answer.text().await.expect("a body");
    assert!(text.len() > 1 << 20 && serde_json::from_str::<Value>(&text).is_ok());
}

#[tokio::test]
async fn a_service_may_ignore_every_filter() {
    let admin = Admin::new().await;
    admin.make_volume().await.expect("a volume");
    let volumes = format!("/volume/v3/{}/volumes", admin.project);
    let lists = [
        (volumes.as_str(), "metadata=%7B%27op%27%3A%27o1%27%7D", "volumes"),
        ("/network/v2.0/networks", "description=o1&fields=id", "networks"),
        ("/compute/v2.1/flavors/detail", "limit=1", "flavors"),
    ];
    let counts = async || {
        let mut counts = Vec::new();
        for (path, query, key) in lists {
            let (status, list) = admin.get(&format!("{path}?{query}")).await;
            assert_eq!(status, 200, "{path}");
            counts.push(list[key].as_array().expect("a list").len());
        }
        counts
    };
    assert_eq!(counts().await, [0, 0, 1]);
    let body = json!({"ignored_by": ["volume", "network", "compute"]});
    let answer = admin.send(Method::PUT, "/_control/filters", body).await.expect("an answer");
    assert_eq!(answer.status(), 204);
    assert_eq!(counts().await, [1, 2, 1], "all, but for the length of a page");
    admin.cloud.control().set_filters_ignored(&[]);
    assert_eq!(counts().await, [0, 0, 1]);
}

#[tokio::test]
async fn a_fault_may_be_for_one_request_alone() {
    let admin = Admin::new().await;
    let (control, id) = (admin.cloud.control(), "req-1");
    control.fault(Fault::status(503, json!({})).of(id));
    assert_eq!(admin.get(FLAVORS).await.0, 200);
    let url = format!("{}{FLAVORS}", admin.cloud.url());
    for (header, status) in [("x-openstack-request-id", 503), ("x-request-id", 503), ("x-other", 200)] {
        let request = admin.http.get(&url).header("x-auth-token", &admin.token).header(header, id);
        assert_eq!(request.send().await.expect("an answer").status(), status, "{header}");
    }
    assert!(control.awaits(id) && !control.awaits("req-2"));
    control.clear_faults_of("req-2");
    assert!(control.awaits(id));
    control.clear_faults_of(id);
    assert!(!control.awaits(id));
}

#[tokio::test]
async fn a_body_is_cut_is_no_json_or_never_ends() {
    let admin = Admin::new().await;
    for effect in [Effect::CutBody, Effect::Malformed] {
        admin.cloud.control().fault(Fault::once(effect.clone()));
        let answer = admin.send(Method::GET, FLAVORS, json!(null)).await.expect("a head");
        assert_eq!(answer.status(), 200);
        let cut = effect == Effect::CutBody;
        let text = answer.text().await;
        assert_eq!(text.is_err(), cut);
        assert!(cut || serde_json::from_str::<Value>(&text.expect("a body")).is_err());
    }
    admin.cloud.control().fault(Fault::once(Effect::Endless));
    let answer = admin.send(Method::GET, FLAVORS, json!(null)).await.expect("a head");
    let end = tokio::time::timeout(Duration::from_millis(500), answer.text()).await;
    assert!(end.is_err(), "it ended");
}

#[tokio::test]
async fn tokens_end_and_the_catalogue_can_lack_a_service() {
    let mut admin = Admin::new().await;
    admin.cloud.control().expire_tokens();
    assert_eq!(admin.get(FLAVORS).await.0, 401);
    admin.cloud.control().set_token_lifetime(0);
    admin.login().await;
    assert_eq!(admin.get(FLAVORS).await.0, 401);
    admin.cloud.control().set_token_lifetime(60);
    admin.cloud.control().set_catalogue_omits(&[Service::Compute]);
    admin.login().await;
    assert!(!admin.catalogue.contains(&"compute".to_owned()));
    assert!(admin.catalogue.contains(&"block-storage".to_owned()));
    assert_eq!(admin.get(FLAVORS).await.0, 200);
}

#[tokio::test]
async fn builds_fail_and_quotas_hold_when_told() {
    let admin = Admin::new().await;
    admin.cloud.control().set_failures(Failures { volumes: 1, ..Failures::default() });
    admin.make_volume().await.expect("an answer");
    assert_eq!(admin.volumes(), ["error"]);
    let quota = VolumeQuota { volumes: 1, gigabytes: 100 };
    admin.cloud.control().set_volume_quota(&admin.project, quota);
    assert_eq!(admin.make_volume().await.expect("an answer")["overLimit"]["code"], 413);
}

#[tokio::test]
async fn neutron_has_faults_quotas_and_resources_like_the_others() {
    let admin = Admin::new().await;
    let control = admin.cloud.control();
    let make = async |name: &str| {
        let body = json!({"network": {"name": name}});
        let answer = admin.send(Method::POST, "/network/v2.0/networks", body).await?;
        reqwest::Result::Ok(answer.status().as_u16())
    };
    let made = || {
        let resources = control.resources().into_iter();
        let networks = resources.filter(|resource| resource.kind == "network");
        networks.map(|network| network.name).filter(|name| !["provider", "public"].contains(&name.as_str()))
    };
    let post = |effect| Fault::once(effect).on(Service::Network, "POST", "/networks");
    control.fault(post(Effect::CloseBefore));
    assert!(make("before").await.is_err());
    control.fault(post(Effect::CloseAfter));
    assert!(make("after").await.is_err());
    assert_eq!(Vec::from_iter(made()), ["after"]);
    // The two networks that are there from the start are the admin's too.
    control.set_network_quota(&admin.project, NetworkQuota { network: 4, ..NetworkQuota::default() });
    assert_eq!(make("last").await.expect("an answer"), 201);
    assert_eq!(make("more").await.expect("an answer"), 409);
    let quota = json!({"network": -1});
    let path = format!("/_control/quotas/network/{}", admin.project);
    admin.send(Method::PUT, &path, quota).await.expect("an answer");
    assert_eq!(make("any").await.expect("an answer"), 201);
}

/// The admin's share network on the network that every project may use.
async fn share_network(admin: &Admin) -> String {
    let (_, networks) = admin.get("/network/v2.0/networks?name=provider").await;
    let network = &networks["networks"][0];
    let body = json!({"neutron_net_id": network["id"], "neutron_subnet_id": network["subnets"][0]});
    let body = json!({"share_network": body});
    let answer = admin.send(Method::POST, "/share/v2/share-networks", body).await.expect("an answer");
    let made: Value = answer.json().await.expect("JSON");
    made["share_network"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn manila_has_faults_failures_quotas_and_resources_like_the_others() {
    let admin = Admin::new().await;
    let control = admin.cloud.control();
    let network = share_network(&admin).await;
    let make = async |name: &str| {
        let share = json!({"name": name, "size": 1, "share_proto": "NFS", "share_network_id": network});
        let answer = admin.send(Method::POST, "/share/v2/shares", json!({"share": share})).await?;
        reqwest::Result::Ok(answer.status().as_u16())
    };
    let made = |kind: &str| {
        let resources = control.resources().into_iter().filter(|resource| resource.kind == kind);
        let mut made: Vec<_> = resources.map(|made| (made.name, made.status)).collect();
        made.sort();
        made
    };
    let share = |name: &str, status: &str| (name.to_owned(), status.to_owned());
    control.fault(Fault::once(Effect::CloseBefore).on(Service::Share, "POST", "/shares"));
    assert!(make("before").await.is_err());
    control.fault(Fault::once(Effect::CloseAfter).on(Service::Share, "POST", "/shares"));
    assert!(make("after").await.is_err());
    assert_eq!(made("share"), [share("after", "available")]);
    assert_eq!(made("share_network").len(), 1);
    control.set_failures(Failures { shares: 1, ..Failures::default() });
    assert_eq!(make("failed").await.expect("an answer"), 200);
    assert_eq!(made("share"), [share("after", "available"), share("failed", "error")]);
    let (_, messages) = admin.get("/share/v2/messages").await;
    let why = messages["messages"][0]["user_message"].as_str().expect("words");
    assert!(why.contains("No storage could be allocated"), "{why}");
    control.set_share_quota(&admin.project, ShareQuota { shares: 2, ..ShareQuota::default() });
    assert_eq!(make("more").await.expect("an answer"), 413);
    let path = format!("/_control/quotas/share/{}", admin.project);
    admin.send(Method::PUT, &path, json!({"shares": -1})).await.expect("an answer");
    assert_eq!(make("any").await.expect("an answer"), 200);
}

#[tokio::test]
async fn states_take_the_time_that_is_set() {
    let admin = Admin::new().await;
    let timing = Timing { volume_create_ms: 300, ..Timing::instant() };
    admin.cloud.control().set_timing(timing);
    admin.make_volume().await.expect("an answer");
    assert_eq!(admin.volumes(), ["creating"]);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(admin.volumes(), ["available"]);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_kept() {
    let admin = Admin::new().await;
    let (_, flavors) = admin.get(FLAVORS).await;
    admin.cloud.control().clear_record();
    for flavor in flavors["flavors"].as_array().expect("flavors") {
        admin.get(&format!("{FLAVORS}/{}", flavor["id"].as_str().expect("an id"))).await;
    }
    assert_eq!(admin.cloud.control().count(Service::Compute, "GET", "/v2.1/flavors/{id}"), 6);
    let requests = admin.cloud.control().requests();
    assert_eq!(requests.len(), 6);
    assert!(requests.iter().all(|request| request.status == 200));
}

#[tokio::test]
async fn the_endpoint_does_what_the_handle_does() {
    let admin = Admin::new().await;
    let put = async |method: Method, path: &str, body: Value| {
        admin.send(method, path, body).await.expect("an answer").status().as_u16()
    };
    let fault = json!({"service": "compute", "times": 1, "effect": {"kind": "status", "status": 500}});
    assert_eq!(put(Method::POST, "/_control/faults", fault).await, 204);
    assert_eq!(admin.get(FLAVORS).await.0, 500);
    assert_eq!(put(Method::POST, "/_control/faults", json!({"unknown": 1})).await, 400);
    assert_eq!(put(Method::PUT, "/_control/timing", json!({"server_build_ms": 7})).await, 204);
    assert_eq!(admin.get("/_control/timing").await.1["server_build_ms"], 7);
    assert_eq!(put(Method::PUT, "/_control/catalogue", json!({"omit": ["volume"]})).await, 204);
    assert_eq!(put(Method::PUT, "/_control/tokens", json!({"lifetime_s": 5})).await, 204);
    let counts = admin.get("/_control/counts").await.1;
    assert!(
        counts.as_array().is_some_and(|counts| counts.iter().any(|count| count["route"] == "/v2.1/flavors"))
    );
    assert_eq!(put(Method::DELETE, "/_control/tokens", json!(null)).await, 204);
    assert_eq!(admin.get(FLAVORS).await.0, 401);
}

#[tokio::test]
async fn a_stopped_cloud_is_gone() {
    let admin = Admin::new().await;
    let url = format!("{}{FLAVORS}", admin.cloud.url());
    admin.get(FLAVORS).await;
    admin.cloud.stop().await;
    assert!(admin.http.get(url).send().await.is_err());
}

#[tokio::test]
async fn an_answer_comes_packed() {
    let admin = Admin::new().await;
    admin.cloud.control().fault(Fault::once(Effect::Packed));
    let answer = admin.send(Method::GET, FLAVORS, json!(null)).await.expect("a head");
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(&answer.bytes().await.expect("a body")[..2], [0x1f, 0x8b]);
}

/// Whatever the catalogue says, the services are where they are; with the project in the path, too.
#[tokio::test]
async fn a_catalogue_writes_addresses_in_other_forms() {
    let mut admin = Admin::new().await;
    let project = admin.project.clone();
    for (path, status) in [
        (format!("/compute/v2.1/{project}/flavors"), 200),
        (format!("/share/v2/{project}/shares"), 200),
        (format!("/compute/v2.1/{}/flavors", "0".repeat(32)), 400),
        ("/astray/compute/v2.1/flavors".to_owned(), 404),
    ] {
        assert_eq!(admin.get(&path).await.0, status, "{path}");
    }
    let form = json!({"form": {"unversioned": true, "slash": true, "region_alone": true}});
    let set = admin.send(Method::PUT, "/_control/catalogue", form).await.expect("an answer");
    assert_eq!(set.status(), 204);
    admin.login().await;
    assert!(admin.catalogue.contains(&"compute".to_owned()));
}

#[tokio::test]
async fn a_free_volume_keeps_an_attachment_until_it_is_ended() {
    let admin = Admin::new().await;
    let made = admin.make_volume().await.expect("an answer");
    let id = made["volume"]["id"].as_str().expect("an id").to_owned();
    let stale = json!({"volume": id, "server": "s1"});
    let set = admin.send(Method::POST, "/_control/stale-attachments", stale).await.expect("an answer");
    assert_eq!(set.status(), 204);
    let path = format!("/volume/v3/volumes/{id}");
    let (_, shown) = admin.get(&path).await;
    assert_eq!(shown["volume"]["status"], "available");
    assert_eq!(shown["volume"]["attachments"][0]["server_id"], "s1");
    let delete = async |path: String| {
        let url = format!("{}{path}", admin.cloud.url());
        let request = admin.http.delete(url).header("x-auth-token", &admin.token);
        request.header("openstack-api-version", "volume 3.27").send().await.expect("an answer").status()
    };
    assert_eq!(delete(path.clone()).await, 400);
    let attachment = shown["volume"]["attachments"][0]["attachment_id"].as_str().expect("an id");
    assert_eq!(delete(format!("/volume/v3/attachments/{attachment}")).await, 200);
    assert_eq!(delete(path).await, 202);
}
