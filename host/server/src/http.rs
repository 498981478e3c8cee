//! The HTTP port for operators: `/healthz` and `/metrics`. Nothing of the platform's API is answered here.

mod serve;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use patchbay_telemetry::{Metrics, Readiness};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listen::{Bounds, Listener};
use crate::tls::{self, Security};

/// What Prometheus expects of a text in the OpenMetrics format.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `[http]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The port's TLS, by files in PEM that are read anew when they change; without it the port speaks in the clear.
    pub tls: Option<tls::Config>,
    /// Speaks in the clear also where other machines reach `listen`.
    pub insecure: bool,
    /// Connections at once, each for one request; at most half of the files that the process may open. A new one takes the
    /// place of one on which nothing goes on.
    pub connections_max: usize,
    /// How many of them may come from one address, or from one IPv6 network of 64 bits; one more takes the place of one of
    /// these on which nothing goes on.
    pub connections_per_address_max: usize,
    /// The first line and the headers of a request; at least 8192.
    pub header_bytes_max: usize,
    /// How long a request may take, from its connection to the last byte of its answer.
    pub request_ms_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7001)),
            tls: None,
            insecure: false,
            connections_max: 64,
            connections_per_address_max: 32,
            header_bytes_max: 16 << 10,
            request_ms_max: 10_000,
        }
    }
}

/// The least that the library keeps of a request's bytes.
const HEADER_BYTES_MIN: usize = 8 << 10;

impl Config {
    /// What can be seen before anything starts.
    ///
    /// # Errors
    /// An address that others reach without TLS, or a bound that cannot be.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        tls::check("http", self.listen, self.tls.as_ref(), self.insecure)?;
        for (key, bound) in [
            ("connections_max", self.connections_max as u64),
            ("connections_per_address_max", self.connections_per_address_max as u64),
            ("request_ms_max", self.request_ms_max),
        ] {
            anyhow::ensure!(bound > 0, "http.{key} must be at least 1");
        }
        anyhow::ensure!(
            self.header_bytes_max >= HEADER_BYTES_MIN,
            "http.header_bytes_max must be at least {HEADER_BYTES_MIN}"
        );
        Ok(())
    }
}

/// The port, bound and not yet answering.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: Config,
    security: Security,
    metrics: Arc<Metrics>,
}

impl Server {
    /// Takes the port, and reads its certificates.
    ///
    /// # Errors
    /// The address is not this machine's or is taken, or the certificates are broken.
    pub async fn bind(config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        let security = Security::open("http", config.listen, config.tls.clone(), b"http/1.1", metrics)?;
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.with_context(|| format!("http.listen {}", config.listen))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, config: config.clone(), security, metrics: Arc::clone(metrics) })
    }

    /// Where it listens, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How its connections are protected.
    pub(crate) fn security(&self) -> &Security {
        &self.security
    }

    /// Answers until `stop` is cancelled, then ends when the requests at hand are answered.
    pub async fn serve(self, readiness: Readiness, stop: CancellationToken) {
        let Self { listener, config, security, metrics, .. } = self;
        let router = Router::new()
            .route("/healthz", get(healthz).with_state(readiness))
            .route("/metrics", get(show_metrics).with_state(Arc::clone(&metrics)));
        let bounds = Bounds {
            connections_max: config.connections_max,
            per_address_max: config.connections_per_address_max,
        };
        let listener = Listener::new(listener, "http", bounds, Arc::clone(&metrics));
        serve::serve(listener, security, router, &config, metrics, stop).await;
    }
}

async fn healthz(State(readiness): State<Readiness>) -> (StatusCode, String) {
    if readiness.get() {
        return (StatusCode::OK, "ok".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready\n{}", readiness.reasons()))
}

async fn show_metrics(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPENMETRICS)], metrics.text())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn health_follows_readiness_and_metrics_are_open_metrics() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().build().unwrap();
        let server = Server::bind(
            &Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() },
            &Arc::default(),
        )
        .await
        .unwrap();
        let address = server.address();
        let readiness = Readiness::default();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.serve(readiness.clone(), stop.clone()));
        let ask = async |path: &str| client.get(format!("http://{address}/{path}")).send().await.unwrap();

        assert_eq!(ask("healthz").await.status(), 503);
        readiness.set(true);
        assert_eq!(ask("healthz").await.text().await.unwrap(), "ok");
        readiness.hold("database", "It is full.");
        let not_ready = ask("healthz").await;
        assert_eq!(not_ready.status(), 503);
        assert_eq!(not_ready.text().await.unwrap(), "not ready\ndatabase: It is full.\n");
        let metrics = ask("metrics").await;
        assert_eq!(metrics.headers()[CONTENT_TYPE], OPENMETRICS);
        assert!(metrics.text().await.unwrap().ends_with("# EOF\n"));
        stop.cancel();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn an_answer_that_is_being_written_is_not_cut_by_a_stop() {
        const LARGE: usize = 16 << 20;
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, config, metrics) =
            (tcp.local_addr().unwrap(), Config::default(), Arc::<Metrics>::default());
        let bounds = Bounds { connections_max: 4, per_address_max: 4 };
        let listener = Listener::new(tcp, "http", bounds, Arc::clone(&metrics));
        let security = Security::open("http", config.listen, None, b"http/1.1", &metrics).unwrap();
        let router = Router::new().route("/", get(async || "x".repeat(LARGE)));
        let stop = CancellationToken::new();
        let serving = serve::serve(listener, security, router, &config, metrics, stop.clone());
        let asking = async {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
            let mut answer = vec![client.read_u8().await.unwrap()];
            stop.cancel();
            client.read_to_end(&mut answer).await.unwrap();
            assert!(answer.len() > LARGE, "{}", answer.len());
        };
        tokio::join!(serving, asking);
    }

    #[test]
    fn unknown_keys_and_bounds_of_0_are_errors() {
        assert!(toml::from_str::<Config>("listen = \"127.0.0.1:0\"").is_ok());
        assert!(toml::from_str::<Config>("port = 1").is_err());
        let none: Config = toml::from_str("connections_max = 0").unwrap();
        assert!(none.check().unwrap_err().to_string().contains("http.connections_max"));
    }
}
