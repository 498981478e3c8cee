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

/// What Prometheus expects of a text in the OpenMetrics format.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `[http]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Connections at once, each for one request; at most half of the files that the process may open. A new one takes the
    /// place of one on which nothing goes on.
    pub connections_max: usize,
    /// How long a request may take, from its connection to the last byte of its answer.
    pub request_ms_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 7001)), connections_max: 64, request_ms_max: 10_000 }
    }
}

/// The port, bound and not yet answering.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: Config,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// The address is not this machine's or is taken.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.with_context(|| format!("http.listen {}", config.listen))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, config: config.clone() })
    }

    /// Where it listens, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is cancelled, then ends when the requests at hand are answered.
    pub async fn serve(self, metrics: Arc<Metrics>, readiness: Readiness, stop: CancellationToken) {
        let router = Router::new()
            .route("/healthz", get(healthz).with_state(readiness))
            .route("/metrics", get(show_metrics).with_state(metrics));
        serve::serve(self.listener, router, &self.config, stop).await;
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
    use super::*;

    #[tokio::test]
    async fn health_follows_readiness_and_metrics_are_open_metrics() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().build().unwrap();
        let server =
            Server::bind(&Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() }).await.unwrap();
        let address = server.address();
        let readiness = Readiness::default();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.serve(Arc::default(), readiness.clone(), stop.clone()));
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

    #[test]
    fn unknown_keys_are_errors() {
        assert!(toml::from_str::<Config>("listen = \"127.0.0.1:0\"").is_ok());
        assert!(toml::from_str::<Config>("port = 1").is_err());
    }
}
