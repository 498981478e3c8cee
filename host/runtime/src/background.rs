//! Threads for guests that compute for long, below the host's own threads in priority. A call is polled there for a slice
//! at a time, until the engine's next tick, and then goes to the end of its queue; what it waits for, sockets and timers, is
//! the host's runtime's as before. Calls come here from `share`, and `turns` says whose turn it is.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use futures::future::BoxFuture;
use patchbay_core::Domain;
use patchbay_telemetry::Metrics;
use prometheus_client::metrics::gauge::Gauge;
use rustix::process::{Pid, setpriority_process};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::activity::Activity;
use super::config::Config;
use super::debt::LONG;
use super::stretch::Stretch;
use super::turns::{Turns, Whose};

/// How long a slice may take until the host ends without it.
const END_MAX: Duration = Duration::from_secs(1);

/// The threads, which end with this.
pub(super) struct Background {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    gauges: [Gauge; Domain::ALL.len()],
}

struct Shared {
    queue: Mutex<Queue>,
    something: Condvar,
}

struct Queue {
    turns: Turns<Arc<Job>>,
    closed: bool,
}

/// A call in the background.
struct Job {
    whose: Whose,
    activity: Arc<Activity>,
    shared: Arc<Shared>,
    state: Mutex<State>,
    gauge: Gauge,
}

struct State {
    phase: Phase,
    /// Absent while it is polled and when it has ended.
    run: Option<BoxFuture<'static, ()>>,
    turns: u32,
    /// Nobody waits for it any more.
    dropped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For whatever the guest awaits.
    Waits,
    Queued,
    Polled,
    /// Woken while it was polled.
    PolledAgain,
    Ended,
}

/// A call's answer, once it has one. Dropped before, the call ends.
pub(super) struct Answered<T> {
    job: Arc<Job>,
    answer: oneshot::Receiver<T>,
}

impl Background {
    /// Starts them.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub(super) fn start(config: &Config, metrics: &Metrics) -> anyhow::Result<Self> {
        let threads = threads(config.background_threads);
        // So that there is always one more than a domain may take, where there is more than one at all.
        let turns = Turns::new(threads.saturating_sub(1).max(1));
        let queue = Mutex::new(Queue { turns, closed: false });
        let shared = Arc::new(Shared { queue, something: Condvar::new() });
        let runtime = Handle::current();
        let mut started = Vec::new();
        for _ in 0..threads {
            let (shared, runtime, nice) = (Arc::clone(&shared), runtime.clone(), config.background_nice);
            let thread = thread::Builder::new().name("guest".into());
            let work = move || {
                let _entered = runtime.enter();
                yield_to_others(nice);
                shared.work();
            };
            started.push(thread.spawn(work).context("a thread for plugins cannot be started")?);
        }
        let threads = Mutex::new(started);
        Ok(Self { shared, threads, gauges: Domain::ALL.map(|domain| metrics.background(domain.as_str())) })
    }

    /// Goes on with a call here.
    pub(super) fn go_on<T: Send + 'static>(
        &self,
        whose: Whose,
        activity: &Arc<Activity>,
        run: BoxFuture<'static, T>,
    ) -> Answered<T> {
        let (told, answer) = oneshot::channel();
        let run = Box::pin(async move {
            // The error says that nobody waits for the answer any more.
            let _ = told.send(run.await);
        });
        let state = State { phase: Phase::Waits, run: Some(run), turns: 0, dropped: false };
        let gauge = self.gauges[whose.domain as usize].clone();
        gauge.inc();
        let job = Arc::new(Job {
            whose,
            activity: Arc::clone(activity),
            shared: Arc::clone(&self.shared),
            state: Mutex::new(state),
            gauge,
        });
        job.rouse();
        Answered { job, answer }
    }
}

impl Background {
    /// No call goes on here any more; ends when the slices at hand are over. Before the runtime ends, without which a call
    /// cannot go on.
    pub(super) async fn end(&self) {
        self.shared.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let over = tokio::task::spawn_blocking(|| threads.into_iter().all(|thread| thread.join().is_ok()));
        if !matches!(timeout(END_MAX, over).await, Ok(Ok(true))) {
            tracing::warn!("calls in the background do not end with the host");
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl<T> Answered<T> {
    /// `None`: it panicked, or the host is ending.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        std::pin::Pin::new(&mut self.answer).poll(cx).map(Result::ok)
    }
}

impl<T> Drop for Answered<T> {
    fn drop(&mut self) {
        // What it held is dropped where it computes: giving back the memory of a large guest takes its time too.
        self.job.state().dropped = true;
        self.job.rouse();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.queue().closed = true;
        self.something.notify_all();
    }

    /// What each thread does.
    fn work(&self) {
        while let Some(job) = self.next() {
            // Whatever a call's future does when it is dropped, the thread is there for the others.
            if catch_unwind(AssertUnwindSafe(|| job.turn())).is_err() {
                tracing::error!("a call panicked at its end in the background");
            }
            let mut queue = self.queue();
            queue.turns.done(job.whose.domain);
            drop(queue);
            // Another thread may have found only calls of this domain.
            self.something.notify_one();
        }
    }

    /// Waits for a call's turn; `None` at the end.
    fn next(&self) -> Option<Arc<Job>> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.turns.take() {
                return Some(job);
            }
            queue = self.something.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Job {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it polled, if it is not on its way to that.
    fn rouse(self: &Arc<Self>) {
        let mut state = self.state();
        match state.phase {
            Phase::Waits => state.phase = Phase::Queued,
            Phase::Polled => return state.phase = Phase::PolledAgain,
            Phase::Queued | Phase::PolledAgain | Phase::Ended => return,
        }
        let turns = state.turns;
        drop(state);
        self.shared.queue().turns.join(self.whose, turns, Arc::clone(self));
        self.shared.something.notify_one();
    }

    /// One slice.
    fn turn(self: &Arc<Self>) {
        let Some(mut run) = self.begin() else { return };
        let stretch = Stretch::measured();
        let waker = Waker::from(Arc::clone(self));
        let poll = || run.as_mut().poll(&mut Context::from_waker(&waker));
        let polled = catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|_| {
            tracing::error!("a call panicked in the background");
            Poll::Ready(())
        });
        let took = stretch.end(&self.activity.debt);
        self.end(polled, took, run);
    }

    fn begin(&self) -> Option<BoxFuture<'static, ()>> {
        let mut state = self.state();
        let run = state.run.take();
        state.phase = if state.dropped { Phase::Ended } else { Phase::Polled };
        let dropped = state.dropped;
        drop(state);
        run.filter(|_| !dropped)
    }

    fn end(self: &Arc<Self>, polled: Poll<()>, took: Duration, run: BoxFuture<'static, ()>) {
        let mut state = self.state();
        if polled.is_ready() || state.dropped {
            state.phase = Phase::Ended;
            drop(state);
            return drop(run);
        }
        let again = state.phase == Phase::PolledAgain;
        state.run = Some(run);
        state.phase = Phase::Waits;
        // A guest that has but looked whether its answer is there has had no slice.
        state.turns += u32::from(took >= LONG);
        drop(state);
        if again {
            self.rouse();
        }
    }
}

impl Wake for Job {
    fn wake(self: Arc<Self>) {
        self.rouse();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rouse();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

/// As configured, or half of the cores.
fn threads(configured: usize) -> usize {
    let half = || thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
    if configured == 0 { half() } else { configured }
}

/// Lowers the priority of the thread that calls it. On Linux each thread has its own.
fn yield_to_others(nice: i32) {
    // `PID/task/TID`
    let link = fs::read_link("/proc/thread-self").ok();
    let thread = link.and_then(|link| link.file_name()?.to_str()?.parse().ok());
    match thread.and_then(Pid::from_raw) {
        Some(thread) => {
            if let Err(error) = setpriority_process(Some(thread), nice) {
                tracing::warn!(%error, "plugins that compute for long have the host's own priority");
            }
        }
        None => {
            tracing::warn!("plugins that compute for long have the host's own priority: there is no /proc");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn background(threads: usize) -> Background {
        let config = Config { background_threads: threads, ..Config::default() };
        Background::start(&config, &Metrics::default()).unwrap()
    }

    impl Background {
        fn compute<T: Send + 'static>(
            &self,
            run: impl Future<Output = T> + Send + 'static,
        ) -> BoxFuture<'static, Option<T>> {
            let whose = Whose { domain: Domain::Compute, generation: 1 };
            let mut answered = self.go_on(whose, &Arc::default(), Box::pin(run));
            Box::pin(poll_fn(move |cx| answered.poll(cx)))
        }
    }

    #[tokio::test]
    async fn what_waits_goes_on_when_it_is_woken() {
        let background = background(1);
        let wait = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::task::yield_now().await;
            tokio::spawn(async { 7 }).await.unwrap()
        };
        assert_eq!(background.compute(wait).await, Some(7));
    }

    #[tokio::test]
    async fn a_panic_ends_one_call_and_a_drop_frees_what_it_held() {
        let background = background(1);
        assert_eq!(background.compute(async { panic!("told to panic") }).await, None::<()>);
        let (held, freed) = oneshot::channel::<()>();
        drop(background.compute(async move {
            let _held = held;
            std::future::pending::<()>().await;
        }));
        assert!(freed.await.is_err(), "dropped, and nothing was sent");
        assert_eq!(background.compute(async { 7 }).await, Some(7));
    }

    #[tokio::test]
    async fn a_domain_has_all_threads_but_one() {
        let background = background(3);
        let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let calls = (0..64).map(|_| {
            let (at_once, most) = (Arc::clone(&at_once), Arc::clone(&most));
            background.compute(async move {
                for _ in 0..10 {
                    most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            })
        });
        let ended = futures::future::join_all(calls).await;
        assert!(ended.iter().all(Option::is_some));
        assert!(most.load(Ordering::SeqCst) <= 2, "{most:?}");
    }
}
