//! How the HTTP port serves: one request a connection, each within the same time from its first byte to the last of its
//! answer. What is answered is not known here.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Config;
use crate::listen::{Listener, Place};

/// Answers until `stop`, and then ends when the requests at hand are answered.
pub(super) async fn serve(listener: TcpListener, router: Router, config: &Config, stop: CancellationToken) {
    let mut listener = Listener::new(listener, "http", config.connections_max);
    let request_max = Duration::from_millis(config.request_ms_max);
    let connections = TaskTracker::new();
    loop {
        let (tcp, _, place) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            if timeout(request_max, connection(tcp, router, place, stop)).await.is_err() {
                tracing::debug!("a connection was closed at http.request_ms_max");
            }
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// One connection, and its only request.
async fn connection(tcp: TcpStream, router: Router, place: Place, stop: CancellationToken) {
    let place = Arc::new(place);
    let (router, busy) = (TowerToHyperService::new(router), Arc::clone(&place));
    let service = service_fn(move |request| {
        let (answer, busy) = (router.call(request), busy.begin());
        async move {
            let answer = answer.await;
            drop(busy);
            answer
        }
    });
    let mut http = http1::Builder::new();
    let http = http.timer(TokioTimer::new()).keep_alive(false).serve_connection(TokioIo::new(tcp), service);
    let mut http = pin!(http);
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
