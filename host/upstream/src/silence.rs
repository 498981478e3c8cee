//! An address that says nothing: calls whose callers stopped waiting before it answered.
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

/// When an address counts as silent, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// So many calls in vain.
    pub(super) calls: u32,
    /// So long without an answer to anybody.
    pub(super) silent_min: Duration,
    /// How long calls are refused then, before some are let through again.
    pub(super) open: Duration,
    /// How long the host listens on, and the longest that a call waits.
    pub(super) limit: Duration,
}

/// What is known of one address.
pub(super) struct Silence {
    bounds: Bounds,
    state: Mutex<State>,
    /// Whether somebody listens on already.
    witnessed: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Since the last answer.
    in_vain: u32,
    /// When the silence began.
    since: Option<Instant>,
    heard_at: Option<Instant>,
    /// When the last call in vain ended.
    last: Option<Instant>,
    refuse_until: Option<Instant>,
}

impl Silence {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, state: Mutex::default(), witnessed: AtomicBool::new(false) }
    }

    /// Whether a call that waits so long at most would do so in vain, as far as can be told.
    pub(super) fn refuses(&self, patience: Duration) -> bool {
        let (now, state) = (Instant::now(), self.lock());
        let refusing = state.refuse_until.is_some_and(|until| now < until);
        let silent = state.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        refusing && patience <= silent
    }

    /// The address has said something, whatever it was.
    pub(super) fn heard(&self) {
        *self.lock() = State { heard_at: Some(Instant::now()), ..State::default() };
    }

    /// Listens for the first word of an answer.
    pub(super) fn listen<T, E>(self: &Arc<Self>, head: BoxFuture<'static, Result<T, E>>) -> Listening<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        Listening { silence: Arc::clone(self), began: Instant::now(), head, open: true }
    }

    /// A call that began then was left without an answer.
    fn in_vain(&self, began: Instant) {
        let (now, mut state) = (Instant::now(), self.lock());
        if state.last.is_some_and(|last| began > last + self.bounds.limit) {
            // Nobody has listened in between.
            *state = State { heard_at: state.heard_at, ..State::default() };
        }
        let begin = state.heard_at.map_or(began, |heard| heard.max(began));
        let since = *state.since.get_or_insert(begin);
        state.in_vain = state.in_vain.saturating_add(1);
        state.last = Some(now);
        let silent = now.saturating_duration_since(since) >= self.bounds.silent_min;
        if silent && state.in_vain >= self.bounds.calls {
            state.refuse_until = Some(now + self.bounds.open);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is listened to. Dropped before its answer, because its time is over or its caller has gone, it is one in
/// vain, and the host listens on in its place.
pub(super) struct Listening<T: Send + 'static, E: Send + 'static> {
    silence: Arc<Silence>,
    began: Instant,
    head: BoxFuture<'static, Result<T, E>>,
    open: bool,
}

impl<T: Send + 'static, E: Send + 'static> Listening<T, E> {
    /// The first word, or why none comes.
    pub(super) async fn answer(mut self) -> Result<T, E> {
        let answer = self.head.as_mut().await;
        self.open = false;
        if answer.is_ok() {
            self.silence.heard();
        }
        answer
    }
}

impl<T: Send + 'static, E: Send + 'static> Drop for Listening<T, E> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        self.silence.in_vain(self.began);
        let Ok(runtime) = Handle::try_current() else { return };
        if self.silence.witnessed.swap(true, Ordering::AcqRel) {
            return;
        }
        let silence = Arc::clone(&self.silence);
        let head = std::mem::replace(&mut self.head, Box::pin(std::future::pending()));
        let until = self.began + silence.bounds.limit;
        runtime.spawn(async move {
            if let Ok(Ok(_)) = timeout_at(until, head).await {
                silence.heard();
            }
            silence.witnessed.store(false, Ordering::Release);
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
    async fn call(silence: &Arc<Silence>, patience: Duration, answer: Option<Duration>) -> bool {
        if silence.refuses(patience) {
            return false;
        }
        let head = async move {
            match answer {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
            Ok::<_, ()>(())
        };
        let _ = timeout(patience, silence.listen(head.boxed()).answer()).await;
        true
    }

    #[tokio::test]
    async fn a_dead_address_is_left_alone_by_who_would_wait_in_vain() {
        let silence = Arc::new(Silence::new(BOUNDS));
        for _ in 0..5 {
            assert!(call(&silence, ms(20), None).await);
        }
        assert!(silence.refuses(ms(20)) && silence.refuses(ms(100)));
        assert!(!silence.refuses(LIMIT), "it has not been silent for so long yet");
    }

    #[tokio::test]
    async fn forty_at_once_are_as_good_as_one_after_the_other() {
        let silence = Arc::new(Silence::new(BOUNDS));
        let calls = (0..40).map(|_| call(&silence, ms(60), None));
        assert!(futures::future::join_all(calls).await.into_iter().all(|sent| sent));
        assert!(!call(&silence, ms(60), None).await);
    }

    #[tokio::test]
    async fn short_deadlines_alone_refuse_nobody() {
        let silence = Arc::new(Silence::new(Bounds { silent_min: ms(2_000), ..BOUNDS }));
        let begun = Instant::now();
        while begun.elapsed() < ms(3_000) {
            assert!(
                call(&silence, ms(10), Some(ms(30))).await,
                "it answers, though none of them waits for it"
            );
        }
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_waited_in_vain_too() {
        let silence = Arc::new(Silence::new(BOUNDS));
        for _ in 0..5 {
            let one = Arc::clone(&silence);
            let caller = tokio::spawn(async move { call(&one, LIMIT, None).await });
            sleep(ms(20)).await;
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        assert!(silence.refuses(ms(20)));
    }

    #[tokio::test]
    async fn any_answer_ends_it() {
        let silence = Arc::new(Silence::new(BOUNDS));
        for _ in 0..5 {
            call(&silence, ms(20), None).await;
        }
        assert!(silence.refuses(ms(20)));
        assert!(silence.listen(ready(Ok::<_, ()>(())).boxed()).answer().await.is_ok());
        assert!(!silence.refuses(ms(20)));
    }

    #[tokio::test]
    async fn time_in_which_nobody_listened_is_no_silence() {
        let silence = Arc::new(Silence::new(Bounds { limit: ms(50), ..BOUNDS }));
        for _ in 0..2 {
            for _ in 0..4 {
                assert!(call(&silence, ms(20), None).await);
            }
            sleep(ms(200)).await;
        }
        assert!(!silence.refuses(ms(20)));
    }
}
