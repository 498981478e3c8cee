//! The storage array as NetApp documents it: volumes, export policies, jobs, NFS clients, and how it refuses.

#![allow(clippy::expect_used, reason = "a test that cannot go on stops there")]

use cloudsim::{
    ARRAY_AGGREGATE, ARRAY_PASSWORD, ARRAY_SVM, ARRAY_USERNAME, Cloudsim, Effect, Failures, Fault, Options,
    Service, Timing,
};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// An array and its administrator.
struct Array {
    cloud: Cloudsim,
    http: Client,
}

impl Array {
    async fn start(timing: Timing) -> Self {
        // The second test of a process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let cloud = Cloudsim::start(Options { timing, ..Options::default() }).await.expect("a free port");
        Self { cloud, http: Client::builder().no_proxy().build().expect("a client") }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}/api{path}", self.cloud.array_url()));
        let request = request.basic_auth(ARRAY_USERNAME, Some(ARRAY_PASSWORD)).json(&body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, json!(null)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The records of a list.
    async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await["records"].as_array().expect("records").clone()
    }

    /// How the request is refused: the status and the code.
    async fn refused(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        let (status, body) = self.ask(method, path, body).await;
        assert!(body["error"]["message"].is_string(), "{body}");
        (status, body["error"]["code"].as_str().expect("a code").to_owned())
    }

    /// Makes a volume with a policy of its own; the job.
    async fn make(&self, name: &str, size: u64) -> Value {
        let rule = json!({"clients": [{"match": "10.0.0.0/24"}], "ro_rule": ["sys"], "rw_rule": ["sys"]});
        let policy = json!({"name": name, "svm": {"name": ARRAY_SVM}, "rules": [rule]});
        let (status, _) = self.ask(Method::POST, "/protocols/nfs/export-policies", policy).await;
        assert_eq!(status, 201);
        let (status, begun) = self.ask(Method::POST, "/storage/volumes", volume(name, size)).await;
        assert_eq!(status, 202, "{begun}");
        self.job(&begun).await
    }

    async fn job(&self, begun: &Value) -> Value {
        self.get(&format!("/cluster/jobs/{}", begun["job"]["uuid"].as_str().expect("an id"))).await
    }

    /// The uuid of a volume.
    async fn uuid(&self, name: &str) -> String {
        let found = self.list(&format!("/storage/volumes?name={name}")).await;
        found[0]["uuid"].as_str().expect("an id").to_owned()
    }

    fn made(&self) -> Vec<(String, String)> {
        let made = self.cloud.control().resources().into_iter();
        let made = made.filter(|one| one.kind == "array_volume" || one.kind == "export_policy");
        made.map(|one| (one.kind, one.name)).collect()
    }
}

fn volume(name: &str, size: u64) -> Value {
    let nas = json!({"path": format!("/{name}"), "export_policy": {"name": name}});
    json!({
        "name": name, "svm": {"name": ARRAY_SVM}, "aggregates": [{"name": ARRAY_AGGREGATE}], "size": size,
        "comment": "whose it is", "nas": nas,
    })
}

const GIB: u64 = 1 << 30;

#[tokio::test]
async fn a_volume_lives() {
    let array = Array::start(Timing::instant()).await;
    let job = array.make("v1", GIB).await;
    assert_eq!((job["state"].as_str(), job["code"].as_u64()), (Some("success"), Some(0)), "{job}");
    let uuid = array.uuid("v1").await;
    let path = format!("/storage/volumes/{uuid}");
    let shown = array.get(&path).await;
    assert_eq!(
        (&shown["state"], &shown["size"], &shown["nas"]),
        (&json!("online"), &json!(GIB), &json!(null))
    );
    let shown = array.get(&format!("{path}?fields=nas.path,nas.export_policy.name,comment")).await;
    assert_eq!(shown["nas"], json!({"path": "/v1", "export_policy": {"name": "v1"}}));

    assert!(array.cloud.control().mount_nfs("v1", "10.0.0.7"));
    let clients = array.list("/protocols/nfs/connected-clients?volume.name=v1&fields=client_ip").await;
    assert_eq!((clients.len(), &clients[0]["client_ip"]), (1, &json!("10.0.0.7")));

    let policy = array.list("/protocols/nfs/export-policies?name=v1").await[0]["id"].clone();
    let policy = format!("/protocols/nfs/export-policies/{policy}");
    assert_eq!(array.refused(Method::DELETE, &path, json!(null)).await, (409, "918667".to_owned()));
    assert_eq!(array.refused(Method::DELETE, &policy, json!(null)).await, (409, "1703945".to_owned()));
    let unmounted = json!({"nas": {"path": "", "export_policy": {"name": "default"}}});
    assert_eq!(array.ask(Method::PATCH, &path, unmounted).await.0, 202);
    assert_eq!(array.ask(Method::DELETE, &policy, json!(null)).await.0, 200);
    assert_eq!(array.ask(Method::DELETE, &path, json!(null)).await.0, 202);
    assert_eq!(array.refused(Method::GET, &path, json!(null)).await, (404, "4".to_owned()));
    assert!(array.made().is_empty());
}

#[tokio::test]
async fn a_job_takes_time_and_holds_its_volume() {
    let array = Array::start(Timing { array_job_ms: 60_000, ..Timing::instant() }).await;
    let job = array.make("v1", GIB).await;
    assert_eq!((&job["state"], &job["end_time"]), (&json!("queued"), &json!(null)), "{job}");
    assert!(array.list("/storage/volumes").await.is_empty());
    let waiting = array.list("/cluster/jobs?state=queued|running&description=POST*volumes*").await;
    assert_eq!(waiting.len(), 1);
    array.cloud.control().set_timing(Timing::instant());
    assert_eq!(array.make("v2", GIB).await["state"], "success");
    array.cloud.control().set_timing(Timing { array_job_ms: 60_000, ..Timing::instant() });
    let path = format!("/storage/volumes/{}", array.uuid("v2").await);
    assert_eq!(array.ask(Method::PATCH, &path, json!({"nas": {"path": ""}})).await.0, 202);
    let busy = array.refused(Method::PATCH, &path, json!({"nas": {"path": ""}})).await;
    assert_eq!(busy, (409, "13107406".to_owned()));
}

#[tokio::test]
async fn a_job_that_fails_leaves_no_volume() {
    let array = Array::start(Timing::instant()).await;
    let job = array.make("large", 1 << 50).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failure"), &json!("460770")), "{job}");
    assert!(job["message"].as_str().is_some_and(|why| why.contains("not enough space")), "{job}");
    array.cloud.control().set_failures(Failures { array_volumes: 1, ..Failures::default() });
    assert_eq!(array.make("v1", GIB).await["state"], "failure");
    assert!(array.list("/storage/volumes").await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let array = Array::start(Timing::instant()).await;
    array.make("v1", GIB).await;
    let with = |field: &str, value: Value| {
        let mut body = volume("v2", GIB);
        body["nas"]["export_policy"]["name"] = json!("v1");
        body[field] = value;
        body
    };
    for (body, status, code) in [
        (volume("v1", GIB), 409, "1"),
        (volume("v2", 1), 400, "2"),
        (with("name", json!("2-v")), 400, "2"),
        (with("svm", json!({"name": "other"})), 400, "2621462"),
        (with("aggregates", json!([{"name": "other"}])), 400, "2"),
        (with("comment", json!("x".repeat(1024))), 400, "2"),
        (with("nas", json!({"export_policy": {"name": "other"}})), 400, "1703954"),
        (with("colour", json!("blue")), 400, "262179"),
    ] {
        let refused = array.refused(Method::POST, "/storage/volumes", body.clone()).await;
        assert_eq!(refused, (status, code.to_owned()), "{body}");
    }
    for (client, code) in [("10.0.0.1/24", "1704040"), ("10.0.0.0/33", "1704042"), ("a b", "1704044")] {
        let rule = json!({"clients": [{"match": client}], "ro_rule": ["sys"], "rw_rule": ["sys"]});
        let body = json!({"name": "p2", "svm": {"name": ARRAY_SVM}, "rules": [rule]});
        let refused = array.refused(Method::POST, "/protocols/nfs/export-policies", body).await;
        assert_eq!(refused, (400, code.to_owned()), "{client}");
    }
    for (path, status, code) in [
        ("/storage/volumes?colour=blue", 400, "262179"),
        ("/storage/volumes?fields=colour", 400, "262197"),
        ("/cluster/jobs/nothing", 404, "4"),
        ("/nothing", 404, "3"),
    ] {
        let refused = array.refused(Method::GET, path, json!(null)).await;
        assert_eq!(refused, (status, code.to_owned()), "{path}");
    }
    let stranger = array.http.get(format!("{}/api/cluster/jobs", array.cloud.array_url())).send().await;
    assert_eq!(stranger.expect("an answer").status(), 401);
}

#[tokio::test]
async fn lists_have_filters_and_pages() {
    let array = Array::start(Timing::instant()).await;
    for name in ["v1", "v2", "w1"] {
        array.make(name, GIB).await;
    }
    assert_eq!(array.list("/storage/volumes?name=v*").await.len(), 2);
    assert_eq!(array.list("/storage/volumes?name=v1|w1&comment=*whose*").await.len(), 2);
    let nfs = array.list("/network/ip/interfaces?services=data_nfs&fields=ip.address,enabled").await;
    assert_eq!((nfs.len(), &nfs[0]["ip"]["address"]), (1, &json!("192.0.2.20")));
    let first = array.get("/storage/volumes?max_records=2").await;
    assert_eq!(first["num_records"], 2);
    let next = first["_links"]["next"]["href"].as_str().expect("a next page");
    let rest = array.get(next.strip_prefix("/api").expect("a path")).await;
    assert_eq!((&rest["num_records"], &rest["_links"]["next"]), (&json!(1), &json!(null)));
}

#[tokio::test]
async fn faults_are_for_the_array_too() {
    let array = Array::start(Timing::instant()).await;
    let fault = Fault::status(503, json!({"error": {"message": "later", "code": "3"}}));
    array.cloud.control().fault(fault.on(Service::Ontap, "GET", "/storage").times(1));
    assert_eq!(array.refused(Method::GET, "/storage/volumes", json!(null)).await.0, 503);
    assert!(array.list("/storage/volumes").await.is_empty());
    array.cloud.control().fault(Fault::once(Effect::CloseAfter).on(
        Service::Ontap,
        "POST",
        "/export-policies",
    ));
    let body = json!({"name": "p1", "svm": {"name": ARRAY_SVM}});
    let url = format!("{}/api/protocols/nfs/export-policies", array.cloud.array_url());
    let lost = array.http.post(url).basic_auth(ARRAY_USERNAME, Some(ARRAY_PASSWORD)).json(&body).send().await;
    assert!(lost.is_err());
    assert_eq!(array.made(), [("export_policy".to_owned(), "p1".to_owned())]);
}
