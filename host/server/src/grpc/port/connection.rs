//! One connection's life, from its socket to the service: TLS, then the frames as they come in, then HTTP/2. It is served as
//! long as something goes on on it, and ends when nothing does for too long, when another one needs its place, when it is
//! old, or when the host stops. Its end is the host's: the client is told, given a moment to have heard it, and nothing
//! begins after that, whatever the client makes of it. What a request means is not known here.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::answer::PIECE_BYTES;
use super::stream::Streams;
use super::wire::{Greeting, Wire};
use super::{Client, Port};
use crate::listen::Place;
use crate::tls::Security;

/// Why a connection ends that would go on.
#[derive(Debug, Clone, Copy)]
enum Leave {
    /// Its handshake does not end, it does not speak HTTP/2, or says nothing.
    Unheard,
    /// Nothing went on for too long.
    Quiet,
    /// Another one needs its place.
    Needed,
    /// It has lasted for long enough; the next one may lead to another host.
    Old,
    /// The host stops.
    Stopping,
}

pub(super) async fn serve(port: Arc<Port>, tcp: TcpStream, peer: SocketAddr, place: Place) {
    let place = Arc::new(place);
    let greeting = Greeting::default();
    let mut end = pin!(leave(&port, &place, &greeting));
    let stream = tokio::select! {
        secured = port.security.secure(tcp) => match secured {
            Ok(stream) => stream,
            Err(error) => return port.insecure(peer, &error),
        },
        leave = end.as_mut() => {
            if matches!(leave, Leave::Unheard) {
                port.insecure(peer, &io::ErrorKind::TimedOut.into());
            }
            return;
        }
    };
    let client = Client { address: peer, subject: Security::subject(&stream) };
    let wire = Wire::new(stream, port.config.control_frames_max, greeting.clone());
    let (answering, busy) = (Arc::clone(&port), Arc::clone(&place));
    let service = service_fn(move |request| match busy.begin() {
        Some(in_flight) => Arc::clone(&answering).answer(request, client.clone(), in_flight),
        // The client may make the call on another connection: nothing was done of it.
        None => ready(Err(h2::Reason::REFUSED_STREAM.into())).boxed(),
    });
    let http = http(&port).serve_connection(TokioIo::new(wire), service);
    let mut http = pin!(http);
    let leave = tokio::select! {
        ended = http.as_mut() => {
            tracing::trace!(?ended, "the connection ended");
            return;
        }
        leave = end => leave,
    };
    tracing::debug!(?leave, %peer, "closing a connection");
    if !greeting.has_come() || (matches!(leave, Leave::Needed) && !place.is_used()) {
        return;
    }
    // Tells the client to make no more calls here; those that it has made go on.
    http.as_mut().graceful_shutdown();
    tokio::select! {
        _ = http => {}
        () = last_call(&port, &place, leave) => {}
    }
}

fn http(port: &Port) -> http2::Builder<Streams> {
    let mut http = http2::Builder::new(Streams::new(port));
    http.timer(TokioTimer::new())
        .max_concurrent_streams(port.config.streams_max)
        .max_header_list_size(port.config.header_bytes_max)
        .keep_alive_interval(Duration::from_millis(port.config.keepalive_ms))
        .keep_alive_timeout(Duration::from_millis(port.config.keepalive_ms_max))
        .max_send_buf_size(PIECE_BYTES);
    http
}

/// As soon as the connection should end.
async fn leave(port: &Port, place: &Place, greeting: &Greeting) -> Leave {
    let greeted_by = Duration::from_millis(port.config.handshake_ms_max);
    let unheard = async {
        sleep(greeted_by).await;
        if greeting.has_come() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = port.stopping.cancelled() => Leave::Stopping,
        () = place.needed() => Leave::Needed,
        () = unheard => Leave::Unheard,
        () = quiet(place, Duration::from_millis(port.config.idle_ms_max)) => Leave::Quiet,
        () = sleep(port.age_max()) => Leave::Old,
    }
}

/// As soon as there has been no request for this long.
async fn quiet(place: &Place, idle_max: Duration) {
    without(place, idle_max, Place::quiet_since).await;
}

/// As soon as it has been without something for this long; `since` tells since when.
async fn without(place: &Place, long: Duration, since: impl Fn(&Place) -> Option<Instant>) {
    loop {
        let ended = place.ended();
        match since(place).map(|since| since + long) {
            Some(end) if end <= Instant::now() => return,
            Some(end) => sleep_until(end).await,
            None => ended.await,
        }
    }
}

/// As soon as the answers of the last calls have left. Calls are taken until the client can know that there should be no more
/// of them, whether it says so or not.
async fn last_call(port: &Port, place: &Place, leave: Leave) {
    match leave {
        // Then requests whose message has not come are ended.
        Leave::Stopping => port.closing.cancelled().await,
        _ => sleep(port.grace()).await,
    }
    place.close();
    match leave {
        // The bound of that is the host's.
        Leave::Stopping => quiet(place, port.grace()).await,
        // Who has no message to send keeps nobody else out.
        Leave::Needed => bounded(port, without(place, port.grace(), Place::free_since)).await,
        _ => bounded(port, quiet(place, port.grace())).await,
    }
}

async fn bounded(port: &Port, end: impl Future<Output = ()>) {
    if timeout(port.calls_max(), end).await.is_err() {
        tracing::debug!("a connection was closed on which something was still watched");
    }
}
