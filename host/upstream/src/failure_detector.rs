//! An address that answers nobody: it is suspected by the calls whose callers stopped waiting before it answered.
//!
//! One such call proves nothing, and neither do many: their time may have been too short. So the host listens on after a
//! caller has gone, to one request of an address at a time. Where no request at all is answered for `silent_min`, calls
//! that would wait no longer than that silence has lasted are refused for a while; who has more patience is let through,
//! and the first answer of any kind ends it. Failures that everybody sees are counted in `breaker`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

/// When an address counts as failed, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// So many calls without an answer.
    pub(super) calls: u32,
    /// So long without an answer to anybody.
    pub(super) silent_min: Duration,
    /// How long calls are refused then, before some are let through again.
    pub(super) open: Duration,
    /// How long the host listens on, and the longest that a call waits.
    pub(super) limit: Duration,
}

/// What is known of one address.
pub(super) struct FailureDetector {
    bounds: Bounds,
    state: Mutex<State>,
    /// Whether somebody listens on already.
    probing: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Calls since the last response.
    unanswered: u32,
    silent_since: Option<Instant>,
    last_response: Option<Instant>,
    /// When the last unanswered call ended.
    last_unanswered: Option<Instant>,
    suspected_until: Option<Instant>,
}

impl FailureDetector {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, state: Mutex::default(), probing: AtomicBool::new(false) }
    }

    /// Whether a call that waits so long at most would do so in vain, as far as can be told.
    pub(super) fn refuses(&self, patience: Duration) -> bool {
        let state = self.lock();
        let Some(until) = state.suspected_until else { return false };
        let now = Instant::now();
        let silent = state.silent_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        now < until && patience <= silent
    }

    /// The address has answered something, whatever it was.
    pub(super) fn on_response(&self) {
        *self.lock() = State { last_response: Some(Instant::now()), ..State::default() };
    }

    /// Waits for the head of a response.
    pub(super) fn watch<T, E>(self: &Arc<Self>, head: BoxFuture<'static, Result<T, E>>) -> Watched<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        Watched { detector: Arc::clone(self), began: Instant::now(), head, open: true }
    }

    /// A call that began then was left without an answer.
    fn on_unanswered(&self, began: Instant) {
        let (now, mut state) = (Instant::now(), self.lock());
        if state.last_unanswered.is_some_and(|last| began > last + self.bounds.limit) {
            // Nobody has listened in between.
            *state = State { last_response: state.last_response, ..State::default() };
        }
        let begin = state.last_response.map_or(began, |response| response.max(began));
        let since = *state.silent_since.get_or_insert(begin);
        state.unanswered = state.unanswered.saturating_add(1);
        state.last_unanswered = Some(now);
        let silent = now.saturating_duration_since(since) >= self.bounds.silent_min;
        if silent && state.unanswered >= self.bounds.calls {
            state.suspected_until = Some(now + self.bounds.open);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call whose answer is waited for. Dropped before it, because its time is over or its caller has gone, it is an unanswered
/// one, and the host listens on in its place.
pub(super) struct Watched<T: Send + 'static, E: Send + 'static> {
    detector: Arc<FailureDetector>,
    began: Instant,
    head: BoxFuture<'static, Result<T, E>>,
    open: bool,
}

impl<T: Send + 'static, E: Send + 'static> Watched<T, E> {
    /// The head, or why none comes.
    pub(super) async fn response(mut self) -> Result<T, E> {
        let response = self.head.as_mut().await;
        self.open = false;
        if response.is_ok() {
            self.detector.on_response();
        }
        response
    }
}

impl<T: Send + 'static, E: Send + 'static> Drop for Watched<T, E> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        self.detector.on_unanswered(self.began);
        let Ok(runtime) = Handle::try_current() else { return };
        if self.detector.probing.swap(true, Ordering::AcqRel) {
            return;
        }
        let detector = Arc::clone(&self.detector);
        let head = std::mem::replace(&mut self.head, Box::pin(std::future::pending()));
        let until = self.began + detector.bounds.limit;
        runtime.spawn(async move {
            if let Ok(Ok(_)) = timeout_at(until, head).await {
                detector.on_response();
            }
            detector.probing.store(false, Ordering::Release);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::FutureExt as _;
    use tokio::time::{sleep, timeout};

    use super::*;

    /// Longer than any test.
    const LIMIT: Duration = Duration::from_secs(600);
    const BOUNDS: Bounds =
        Bounds { calls: 5, silent_min: Duration::from_millis(50), open: LIMIT, limit: LIMIT };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A call that waits so long at most for an address that answers after `answer`, where it answers. False: it was
    /// not sent.
    async fn call(detector: &Arc<FailureDetector>, patience: Duration, answer: Option<Duration>) -> bool {
        if detector.refuses(patience) {
            return false;
        }
        let head = async move {
            match answer {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
            Ok::<_, ()>(())
        };
        let _ = timeout(patience, detector.watch(head.boxed()).response()).await;
        true
    }

    #[tokio::test]
    async fn a_dead_address_is_left_alone_by_who_would_wait_in_vain() {
        let detector = Arc::new(FailureDetector::new(BOUNDS));
        for _ in 0..5 {
            assert!(call(&detector, ms(20), None).await);
        }
        assert!(detector.refuses(ms(20)) && detector.refuses(ms(100)));
        assert!(!detector.refuses(LIMIT), "it has not been silent for so long yet");
    }

    #[tokio::test]
    async fn forty_at_once_are_as_good_as_one_after_the_other() {
        let detector = Arc::new(FailureDetector::new(BOUNDS));
        let calls = (0..40).map(|_| call(&detector, ms(60), None));
        assert!(futures::future::join_all(calls).await.into_iter().all(|sent| sent));
        assert!(!call(&detector, ms(60), None).await);
    }

    #[tokio::test]
    async fn short_deadlines_alone_refuse_nobody() {
        let detector = Arc::new(FailureDetector::new(Bounds { silent_min: ms(2_000), ..BOUNDS }));
        let begun = Instant::now();
        while begun.elapsed() < ms(3_000) {
            assert!(
                call(&detector, ms(10), Some(ms(30))).await,
                "it answers, though none of them waits for it"
            );
        }
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_waited_in_vain_too() {
        let detector = Arc::new(FailureDetector::new(BOUNDS));
        for _ in 0..5 {
            let one = Arc::clone(&detector);
            let caller = tokio::spawn(async move { call(&one, LIMIT, None).await });
            sleep(ms(20)).await;
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        assert!(detector.refuses(ms(20)));
    }

    #[tokio::test]
    async fn any_answer_ends_it() {
        let detector = Arc::new(FailureDetector::new(BOUNDS));
        for _ in 0..5 {
            call(&detector, ms(20), None).await;
        }
        assert!(detector.refuses(ms(20)));
        assert!(detector.watch(ready(Ok::<_, ()>(())).boxed()).response().await.is_ok());
        assert!(!detector.refuses(ms(20)));
    }

    #[tokio::test]
    async fn time_in_which_nobody_listened_is_no_silence() {
        let detector = Arc::new(FailureDetector::new(Bounds { limit: ms(50), ..BOUNDS }));
        for _ in 0..2 {
            for _ in 0..4 {
                assert!(call(&detector, ms(20), None).await);
            }
            sleep(ms(200)).await;
        }
        assert!(!detector.refuses(ms(20)));
    }
}
