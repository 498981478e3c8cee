//! How the HTTP port serves: TLS, then one request a connection, each within the same time from its first byte to the last of its
//! answer. What is answered is not known here.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures::TryFutureExt as _;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use patchbay_telemetry::Metrics;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Config;
use crate::held::Held;
use crate::listen::{InFlight, Listener, Place};
use crate::tls::{Security, Stream};

/// Answers until `stop`, and then ends when the requests at hand are answered.
pub(super) async fn serve(
    mut listener: Listener,
    security: Security,
    router: Router,
    config: &Config,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let header_bytes_max = config.header_bytes_max;
    let request_max = Duration::from_millis(config.request_ms_max);
    let connections = TaskTracker::new();
    loop {
        let (tcp, _, place) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (router, stop, metrics) = (router.clone(), stop.clone(), Arc::clone(&metrics));
        let end = Instant::now() + request_max;
        let connection = Connection { router, header_bytes_max, place, stop, metrics, end };
        connections.spawn(connection.serve(security.clone(), tcp));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// One connection, and its only request.
struct Connection {
    router: Router,
    header_bytes_max: usize,
    place: Place,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
    /// When it ends, answered or not.
    end: Instant,
}

impl Connection {
    async fn serve(self, security: Security, tcp: TcpStream) {
        let secured = tokio::select! {
            secured = timeout_at(self.end, security.secure(tcp)) => secured,
            () = self.place.needed() => return,
            () = self.stop.cancelled() => return,
        };
        match secured.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                if timeout_at(self.end, self.answer(stream)).await.is_err() {
                    tracing::debug!("a connection was closed at http.request_ms_max");
                }
            }
            Err(error) => {
                self.metrics.refused("tls");
                tracing::debug!(%error, "no TLS");
            }
        }
    }

    async fn answer(&self, stream: Stream) {
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(|request| {
            let mut in_flight = self.place.begin();
            in_flight.iter_mut().for_each(InFlight::work);
            // It lasts until the last byte of the answer is taken.
            let held = |body| Held::new(body, in_flight);
            router.call(request).map_ok(|answer| answer.map(held))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).keep_alive(false).max_buf_size(self.header_bytes_max);
        let mut http = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = http.as_mut() => return,
            () = self.place.needed() => {}
            () = self.stop.cancelled() => {}
        }
        // Without a request it ends at once.
        if self.place.is_used() {
            let _ = http.await;
        }
    }
}
