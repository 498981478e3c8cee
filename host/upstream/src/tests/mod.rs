//! Upstreams against small servers on loopback ports. Here: the servers, and how a test calls through an upstream.
//! What needs a clock of its own is tested where that clock is read, in `session`.

mod ceph;
mod openstack;
mod rest;
mod s3;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request as Incoming;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response as Reply};
use patchbay_core::error::Error;
use patchbay_telemetry::Metrics;
use secrecy::SecretString;
use serde_json::json;
use tokio::time::Instant;

use super::{Account, Caller, Config, Request, Response, Upstream, Upstreams};

pub(super) const REQUEST_ID: &str = "req-6f1f7f3a-0000-4000-8000-000000000001";
pub(super) const PASSWORD: &str = "swordfish";

/// What a server was asked.
#[derive(Clone)]
pub(super) struct Seen {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server that answers each request as `answer` says and remembers all of them.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Backend {
    async fn start(answer: impl Fn(&Seen) -> Reply + Clone + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let record = seen.clone();
        let router = Router::new().fallback(async move |request: Incoming| {
            let (Parts { method, uri, headers, .. }, body) = request.into_parts();
            let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
            let one = Seen { method, path: uri.to_string(), headers, body };
            record.lock().unwrap().push(one.clone());
            answer(&one)
        });
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests came, logins apart.
    fn served(&self) -> usize {
        self.seen().iter().filter(|seen| !seen.path.ends_with("/auth/tokens")).count()
    }
}

/// A Keystone and a service behind it that accepts the last token only.
#[derive(Default)]
pub(super) struct Cloud {
    logins: AtomicUsize,
    pub(super) refuses_logins: AtomicBool,
    refuses_tokens: AtomicBool,
    /// Whether a proxy of the service's says that, which knows nothing of Keystone.
    is_behind_a_proxy: AtomicBool,
}

impl Cloud {
    pub(super) async fn start(self: Arc<Self>, token_life: Duration) -> Backend {
        Backend::start(move |seen| {
            if seen.path.ends_with("/auth/tokens") { self.login(seen, token_life) } else { self.serve(seen) }
        })
        .await
    }

    pub(super) fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }

    fn login(&self, seen: &Seen, life: Duration) -> Reply {
        let number = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        if self.refuses_logins.load(Ordering::SeqCst) {
            return (StatusCode::UNAUTHORIZED, axum::Json(json!({}))).into_response();
        }
        let url = format!("http://{}/v2.1", seen.header("host"));
        let endpoint = json!({ "interface": "public", "region_id": "here", "region": "here", "url": url });
        let issued = jiff::Timestamp::UNIX_EPOCH;
        let token = json!({
            "issued_at": issued.to_string(),
            "expires_at": (issued + life).to_string(),
            "catalog": [{ "type": "compute", "name": "nova", "endpoints": [endpoint] }],
        });
        let header = [("x-subject-token", format!("token-{number}"))];
        (StatusCode::CREATED, header, json!({ "token": token }).to_string()).into_response()
    }

    fn challenge(&self) -> [(&'static str, &'static str); 1] {
        let behind = self.is_behind_a_proxy.load(Ordering::SeqCst);
        [(
            "www-authenticate",
            if behind { "Basic realm=\"ops\"" } else { "Keystone uri=\"http://keystone\"" },
        )]
    }

    fn serve(&self, seen: &Seen) -> Reply {
        let current = format!("token-{}", self.logins());
        if self.refuses_tokens.load(Ordering::SeqCst) || seen.header("x-auth-token") != current {
            return (StatusCode::UNAUTHORIZED, self.challenge()).into_response();
        }
        "{}".into_response()
    }
}

pub(super) struct Tenant;

impl Account for Tenant {
    fn key(&self) -> &str {
        "t-0000000001"
    }

    fn user_id(&self) -> &str {
        "user"
    }

    fn project_id(&self) -> &str {
        "project"
    }

    fn password(&self) -> Result<SecretString, Error> {
        Ok(PASSWORD.into())
    }
}

/// One upstream from its configuration, and what it measured.
struct Rig {
    upstream: Arc<Upstream>,
    metrics: Arc<Metrics>,
}

impl Rig {
    fn new(config: &str) -> Self {
        let metrics = Arc::<Metrics>::default();
        let config: Config = toml::from_str(config).unwrap();
        let upstreams = Upstreams::new(&[("test".to_owned(), config)].into(), &metrics).unwrap();
        Self { upstream: upstreams.get("test").unwrap().clone(), metrics }
    }

    async fn send(&self, request: Request) -> Result<Response, Error> {
        self.send_within(Duration::from_secs(10), request).await
    }

    async fn send_within(&self, time: Duration, request: Request) -> Result<Response, Error> {
        let deadline = Instant::now() + time;
        let caller = Caller { request_id: REQUEST_ID, account: Some(&Tenant), deadline };
        self.upstream.send(&caller, request).await
    }
}

/// An upstream of kind `openstack`; `credential` as in TOML.
pub(super) fn openstack_config(address: SocketAddr, credential: &str) -> String {
    format!(
        "kind = \"openstack\"\nauth_url = \"http://{address}\"\nregion = \"here\"\ncredential = {credential}\n\
         login_backoff_ms = 60000\n[transport]\nretry_wait_ms_min = 1\n"
    )
}

fn request(method: Method, path: &str) -> Request {
    Request { method, path: path.to_owned(), headers: Vec::new(), body: None, timeout: None }
}

fn get(path: &str) -> Request {
    request(Method::GET, path)
}

fn post(path: &str) -> Request {
    Request { body: Some(b"{}".to_vec()), ..request(Method::POST, path) }
}

/// A body whose connection breaks after its first bytes.
fn broken_body() -> Reply {
    let parts = [Ok("{\"half\":"), Err(std::io::Error::other("gone"))];
    Body::from_stream(futures::stream::iter(parts)).into_response()
}

/// A body that never comes.
fn endless_body() -> Reply {
    Body::from_stream(futures::stream::pending::<Result<&str, std::io::Error>>()).into_response()
}
