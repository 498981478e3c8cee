//! How the HTTP port serves: TLS, then one request a connection, each within the same time from its first byte to the last of its
//! answer. What is answered is not known here.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Config;
use crate::listen::{Listener, Place};
use crate::tls::{Security, Stream};

/// Answers until `stop`, and then ends when the requests at hand are answered.
pub(super) async fn serve(
    mut listener: Listener,
    security: Security,
    router: Router,
    config: &Config,
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
        let connection = Connection { router: router.clone(), header_bytes_max, place, stop: stop.clone() };
        let security = security.clone();
        connections.spawn(async move {
            if timeout(request_max, connection.serve(security, tcp)).await.is_err() {
                tracing::debug!("a connection was closed at http.request_ms_max");
            }
        });
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
}

impl Connection {
    async fn serve(self, security: Security, tcp: TcpStream) {
        let stream = tokio::select! {
            secured = security.secure(tcp) => match secured {
                Ok(stream) => stream,
                Err(error) => return tracing::debug!(%error, "no TLS"),
            },
            () = self.place.needed() => return,
            () = self.stop.cancelled() => return,
        };
        self.answer(stream).await;
    }

    async fn answer(self, stream: Stream) {
        let (place, stop) = (Arc::new(self.place), self.stop);
        let (router, busy) = (TowerToHyperService::new(self.router), Arc::clone(&place));
        let service = service_fn(move |request| {
            let (answer, busy) = (router.call(request), busy.begin());
            async move {
                let answer = answer.await;
                drop(busy);
                answer
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).keep_alive(false).max_buf_size(self.header_bytes_max);
        let mut http = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = http.as_mut() => return,
            () = place.needed() => return,
            () = stop.cancelled() => {}
        }
        // Without a request it ends at once.
        if place.quiet_since().is_none() {
            let _ = http.await;
        }
    }
}
