//! A backend that the test holds in its hands: it answers when it is told to, and counts who asks at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, Semaphore, watch};
use tokio::task::JoinHandle;

/// How long a call may take until it is here.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);

/// Gone when it is dropped.
pub(crate) struct Backend {
    pub(crate) url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    /// Closed when held calls are let go.
    door: Semaphore,
    held: watch::Sender<usize>,
    crowd: Barrier,
    at_once: AtomicUsize,
    at_once_max: AtomicUsize,
    changes: AtomicUsize,
    met: AtomicUsize,
}

impl Backend {
    /// `crowd`: so many calls of `/crowd` wait for each other.
    pub(crate) async fn start(crowd: usize) -> Self {
        let shared = Arc::new(Shared {
            door: Semaphore::new(0),
            held: watch::Sender::new(0),
            crowd: Barrier::new(crowd),
            at_once: AtomicUsize::default(),
            at_once_max: AtomicUsize::default(),
            changes: AtomicUsize::default(),
            met: AtomicUsize::default(),
        });
        let routes =
            Router::new().route("/hold", get(hold)).route("/crowd", get(meet)).route("/change", any(change));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let served = axum::serve(listener, routes.with_state(Arc::clone(&shared)));
        let server = tokio::spawn(async move { served.await.expect("a server") });
        Self { url, shared, server }
    }

    /// Waits until so many calls of `/hold` have come.
    pub(crate) async fn holds(&self, calls: usize) {
        let mut held = self.shared.held.subscribe();
        let come = tokio::time::timeout(ARRIVAL_MAX, held.wait_for(|held| *held >= calls)).await;
        come.expect("the calls come").expect("the backend is there");
    }

    /// How many calls of `/hold` have come.
    pub(crate) fn held(&self) -> usize {
        *self.shared.held.borrow()
    }

    /// Answers the call that has been held longest, or the next one.
    pub(crate) fn let_go(&self) {
        self.shared.door.add_permits(1);
    }

    /// Answers all that is held, and holds nothing any more.
    pub(crate) fn release(&self) {
        self.shared.door.close();
    }

    /// How many calls of `/change` have come, whatever their method.
    pub(crate) fn changes(&self) -> usize {
        self.shared.changes.load(Ordering::SeqCst)
    }

    /// How many calls of `/crowd` were here at the same time.
    pub(crate) fn at_once_max(&self) -> usize {
        self.shared.at_once_max.load(Ordering::SeqCst)
    }

    /// How many calls of `/crowd` have come.
    pub(crate) fn met(&self) -> usize {
        self.shared.met.load(Ordering::SeqCst)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hold(State(shared): State<Arc<Shared>>) -> &'static str {
    shared.held.send_modify(|held| *held += 1);
    // The error is the door's closing; a permit lets go of one.
    if let Ok(permit) = shared.door.acquire().await {
        permit.forget();
    }
    "released"
}

async fn meet(State(shared): State<Arc<Shared>>) -> &'static str {
    shared.met.fetch_add(1, Ordering::SeqCst);
    let here = shared.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    shared.at_once_max.fetch_max(here, Ordering::SeqCst);
    shared.crowd.wait().await;
    shared.at_once.fetch_sub(1, Ordering::SeqCst);
    "met"
}

async fn change(State(shared): State<Arc<Shared>>) -> &'static str {
    shared.changes.fetch_add(1, Ordering::SeqCst);
    "changed"
}
