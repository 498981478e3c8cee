//! Who gets a permit, on a database of its own and with a platform that answers as its users' names say.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use patchbay_database as database;
use patchbay_telemetry::Metrics;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{Account, Config as TenantConfig, Reserved};

const METHOD: &str = "instance.InstanceService/GetInstance";

/// A deployment with one tenant.
struct Deployment {
    auth: Auth,
    /// Another host's, of the same database.
    elsewhere: Tenants,
    tenant: TenantId,
    apikey: String,
    questions: Arc<AtomicUsize>,
    _directory: TempDir,
}

impl Deployment {
    async fn start() -> Self {
        Self::with("").await
    }

    /// With more in the table `permission`.
    async fn with(more: &str) -> Self {
        Self::guessed(more, GuessConfig::default()).await
    }

    /// With wrong credentials bounded so.
    async fn guessed(more: &str, guess: GuessConfig) -> Self {
        let directory = TempDir::new().unwrap();
        let questions = Arc::new(AtomicUsize::new(0));
        let platform = platform(Arc::clone(&questions)).await;
        let config = Config { guess, ..config(&directory, more) };
        let master = Arc::new(MasterKey::read(&config.master_key).unwrap());
        let tenants = Arc::new(tenants(&directory, &master).await);
        let (tenant, apikey) = register(&tenants).await;
        let elsewhere = self::tenants(&directory, &master).await;
        let upstreams = toml::from_str(&format!("[platform]\nkind = \"http\"\nbase_url = \"{platform}\""));
        let upstreams: BTreeMap<_, _> = upstreams.unwrap();
        let upstreams = Upstreams::new(&upstreams, &Arc::new(Metrics::default())).unwrap();
        let limits = Limits::new(&TenantConfig::default()).unwrap();
        let auth = Auth::new(&config, master, tenants, limits, &upstreams).unwrap();
        Self { auth, elsewhere, tenant, apikey, questions, _directory: directory }
    }

    async fn ask(&self, apikey: &str, tenant: &str, user: &str, resources: &[&str]) -> Result<Permit, Error> {
        let deadline = Instant::now() + Duration::from_secs(5);
        let claim = Claim {
            from: Some([192, 0, 2, 1].into()),
            apikey,
            tenant_id: tenant,
            platform_userid: user,
            resources,
            method: METHOD,
            request_id: "req-1",
            deadline,
        };
        self.auth.permit(claim).await.map(|(permit, _)| permit)
    }

    async fn user(&self, user: &str, resources: &[&str]) -> Result<Permit, Error> {
        self.ask(&self.apikey, &self.tenant.to_string(), user, resources).await
    }
}

fn config(directory: &TempDir, more: &str) -> Config {
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("master", &base64::engine::general_purpose::STANDARD.encode([9; 32]));
    write("operator", "the-operator\n");
    let path = directory.path().display();
    toml::from_str(&format!(
        "master_key = {{ file = '{path}/master' }}\noperator_token = {{ file = '{path}/operator' }}\n\
         permission = {{ upstream = 'platform' {more} }}"
    ))
    .unwrap()
}

async fn tenants(directory: &TempDir, master: &Arc<MasterKey>) -> Tenants {
    let database = format!("url = 'sqlite:{}/patchbay.db'", directory.path().display());
    let pool = database::open(&toml::from_str(&database).unwrap()).await.unwrap();
    Tenants::open(pool, &TenantConfig::default(), Arc::clone(master)).await.unwrap()
}

async fn register(tenants: &Tenants) -> (TenantId, String) {
    register_as(tenants, "Acme").await
}

async fn register_as(tenants: &Tenants, name: &str) -> (TenantId, String) {
    let Reserved::New(registration) = tenants.reserve(name, None).await.unwrap() else {
        panic!("a leftover")
    };
    let id = || "0".repeat(32);
    let account = Account { domain_id: id(), project_id: id(), user_id: id(), role_id: id() };
    tenants.complete(&registration, &account, None).await.unwrap();
    (registration.id(), registration.apikey().to_owned())
}

/// Counts the questions it is asked.
async fn platform(questions: Arc<AtomicUsize>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/v1/data/iaas/allow", post(answer)).with_state(questions);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn answer(State(questions): State<Arc<AtomicUsize>>, Json(body): Json<Value>) -> impl IntoResponse {
    questions.fetch_add(1, Ordering::Relaxed);
    let input = &body["input"];
    assert_eq!(input["method"], METHOD);
    assert!(input["tenant_id"].as_str().is_some_and(|id| id.parse::<TenantId>().is_ok()), "{input}");
    let good = input["resource_id"] != "secret";
    let (status, body) = match input["platform_userid"].as_str().unwrap() {
        "yes" => (StatusCode::OK, json!({ "result": good })),
        "wordy" => (StatusCode::OK, json!({ "result": "true" })),
        "unknown" => (StatusCode::OK, json!({})),
        _ => (StatusCode::BAD_GATEWAY, json!({ "result": true })),
    };
    (status, Json(body))
}

fn kind(answer: Result<Permit, Error>) -> Kind {
    answer.unwrap_err().kind()
}

#[tokio::test]
async fn the_key_of_the_tenant_is_let_in() {
    let deployment = Deployment::start().await;
    let permit = deployment.user("u-7", &[]).await.unwrap();
    assert_eq!(
        (permit.tenant_id(), permit.user_id(), permit.request_id()),
        (Some(deployment.tenant), "u-7", "req-1")
    );
    assert!(permit.caller().account.is_some());
    assert_eq!(deployment.questions.load(Ordering::Relaxed), 0, "no resource, no question");
}

#[tokio::test]
async fn every_wrong_credential_gets_the_same_answer() {
    let deployment = Deployment::start().await;
    let (key, tenant) = (deployment.apikey.as_str(), deployment.tenant.to_string());
    let other = "A".repeat(20);
    let wrong = [
        ("", &*tenant),
        (&other, &*tenant),
        (&key[1..], &*tenant),
        (key, ""),
        (key, "t-1"),
        (key, "t-0000000009"),
    ];
    for (key, tenant) in wrong {
        let error = deployment.ask(key, tenant, "yes", &["server-1"]).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unauthenticated, "{tenant}");
        assert_eq!(error.message(), Kind::Unauthenticated.default_message());
    }
    assert_eq!(deployment.questions.load(Ordering::Relaxed), 0, "the platform is not bothered");
}

#[tokio::test]
async fn a_user_id_that_cannot_be_one_is_named() {
    let deployment = Deployment::start().await;
    for user in ["a\nb", &"x".repeat(256)] {
        let error = deployment.user(user, &[]).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(error.message().starts_with("platform_userid "), "{error}");
    }
}

#[tokio::test]
async fn a_yes_is_remembered_for_each_resource() {
    let deployment = Deployment::start().await;
    for _ in 0..3 {
        deployment.user("yes", &["server-1", "network-1"]).await.unwrap();
    }
    assert_eq!(deployment.questions.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn calls_on_other_threads_ask_too() {
    let deployment = Arc::new(Deployment::start().await);
    let resource = "server-1".to_owned();
    let call = async move { deployment.user("yes", &[&resource]).await };
    tokio::spawn(call).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_tenant_asks_so_much_at_once() {
    let deployment = Deployment::with(", questions_per_tenant_max = 2").await;
    let crowd = ["server-1", "server-2", "server-3"];
    assert_eq!(kind(deployment.user("yes", &crowd).await), Kind::Exhausted);
    deployment.user("yes", &crowd[..2]).await.unwrap();
    deployment.user("yes", &crowd).await.expect("two of them are known");
}

#[tokio::test]
async fn one_no_refuses_and_is_asked_again() {
    let deployment = Deployment::start().await;
    for asked in 1..=2 {
        assert_eq!(kind(deployment.user("yes", &["secret"]).await), Kind::Denied);
        assert_eq!(deployment.questions.load(Ordering::Relaxed), asked);
    }
    assert_eq!(kind(deployment.user("yes", &["server-1", "secret"]).await), Kind::Denied);
}

#[tokio::test]
async fn only_true_allows_and_no_answer_refuses() {
    let deployment = Deployment::start().await;
    assert_eq!(kind(deployment.user("wordy", &["server-1"]).await), Kind::Denied);
    assert_eq!(kind(deployment.user("unknown", &["server-1"]).await), Kind::Denied);
    assert_eq!(kind(deployment.user("broken", &["server-1"]).await), Kind::Unavailable);
}

#[tokio::test]
async fn the_operator_has_a_token() {
    let deployment = Deployment::start().await;
    let deadline = Instant::now();
    let identify = |bearer| deployment.auth.identify(Shown { bearer, certificate: None });
    let operator =
        deployment.auth.operator(&identify(Some("the-operator")).unwrap(), scope::Tenants).unwrap();
    let mark = "0123456789abcdef/0123456789abcdef".parse().unwrap();
    let permit = operator.registering("t-0000000005".parse().unwrap(), Some(mark), "req-2", deadline);
    assert!(permit.caller().account.is_none());
    for bearer in [None, Some(""), Some("the-operator "), Some("the-operato")] {
        assert_eq!(identify(bearer).unwrap_err().kind(), Kind::Unauthenticated);
    }
}

#[tokio::test]
async fn an_operation_goes_on_while_its_tenant_is_there() {
    let deployment = Deployment::start().await;
    let resume = |id: TenantId| deployment.auth.resume(id, "u-7", "req-1", Instant::now());
    assert_eq!(resume(deployment.tenant).await.unwrap().user_id(), "u-7");
    assert_eq!(kind(resume("t-0000000009".parse().unwrap()).await), Kind::NotFound);
}

/// More than may come at once, from the address that the right one comes from too.
async fn flood(deployment: &Deployment) -> Vec<Kind> {
    let (wrong, tenant) = ("A".repeat(20), deployment.tenant.to_string());
    let asked = (0..40).map(|_| deployment.ask(&wrong, &tenant, "", &[]));
    futures::future::join_all(asked).await.into_iter().map(kind).collect()
}

#[tokio::test]
async fn wrong_keys_are_slowed_down_and_right_ones_are_let_in() {
    let guess =
        GuessConfig { per_second: 1, burst: 4, delay_ms: 50, waiting_per_address_max: 8, entries_max: 10 };
    let deployment = Deployment::guessed("", guess).await;
    let (told, right) = tokio::join!(flood(&deployment), deployment.user("", &[]));
    right.expect("a key that is known waits for nobody");
    let count = |wanted| told.iter().filter(|kind| **kind == wanted).count();
    assert_eq!((count(Kind::Unauthenticated), count(Kind::Exhausted)), (8, 32), "{told:?}");

    // One that another host has made since waits, and is let in.
    let (tenant, apikey) = register_as(&deployment.elsewhere, "Elsewhere").await;
    let begun = Instant::now();
    deployment.ask(&apikey, &tenant.to_string(), "", &[]).await.expect("it is right");
    assert!(begun.elapsed() >= Duration::from_millis(50), "its address has shown too many wrong ones");
    for _ in 0..8 {
        deployment.auth.slow(Some([192, 0, 2, 1].into())).await.expect("slow, and not refused");
    }
}
