//! Polls at once again what was woken while it was polled: that saves the way back through all that waits for it. What has
//! futures of its own, as a guest has, wakes itself so each time all of them are still pending. Once only: who goes on waking
//! itself comes after the others.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

/// Nobody polls; a wake goes on.
const IDLE: u8 = 0;
/// Somebody polls.
const POLLED: u8 = 1;
/// Somebody polls, and was woken meanwhile.
const WOKEN: u8 = 2;

/// A future that is polled so.
pub(super) struct Again {
    inner: Arc<Inner>,
    waker: Waker,
}

#[derive(Default)]
struct Inner {
    state: AtomicU8,
    outer: AtomicWaker,
}

impl Default for Again {
    fn default() -> Self {
        let inner = Arc::<Inner>::default();
        Self { waker: Waker::from(Arc::clone(&inner)), inner }
    }
}

impl Again {
    /// Polls it, and once more where it was woken meanwhile.
    pub(super) fn poll<F: Future + ?Sized>(
        &self,
        mut future: Pin<&mut F>,
        cx: &Context<'_>,
    ) -> Poll<F::Output> {
        self.inner.outer.register(cx.waker());
        for _ in 0..2 {
            self.inner.state.store(POLLED, Ordering::Release);
            if let Poll::Ready(end) = future.as_mut().poll(&mut Context::from_waker(&self.waker)) {
                return Poll::Ready(end);
            }
            if self.inner.state.swap(IDLE, Ordering::AcqRel) != WOKEN {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let noted = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
            IDLE => None,
            _ => Some(WOKEN),
        });
        if noted.is_err() {
            self.outer.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it is polled by one poll that wakes itself so often, and how often its caller is woken then.
    fn polled(wakes: usize) -> (usize, usize) {
        let (count, mut polls) = (Arc::<Count>::default(), 0);
        let waker = Waker::from(Arc::clone(&count));
        let future = poll_fn(|cx| {
            polls += 1;
            if polls <= wakes {
                cx.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        });
        assert!(Again::default().poll(pin!(future), &Context::from_waker(&waker)).is_pending());
        (polls, count.0.load(Ordering::Relaxed))
    }

    #[test]
    fn who_wakes_itself_is_polled_once_more_and_then_waits_behind_the_others() {
        assert_eq!(polled(0), (1, 0));
        assert_eq!(polled(1), (2, 0));
        assert_eq!(polled(2), (2, 1));
    }

    #[test]
    fn a_wake_between_two_polls_goes_on_to_who_polled_last() {
        let (first, second) = (Arc::<Count>::default(), Arc::<Count>::default());
        let again = Again::default();
        for caller in [&first, &second] {
            let waker = Waker::from(Arc::clone(caller));
            let mut kept = None;
            let future = poll_fn(|cx| {
                kept = Some(cx.waker().clone());
                Poll::<()>::Pending
            });
            assert!(again.poll(pin!(future), &Context::from_waker(&waker)).is_pending());
            kept.unwrap().wake();
        }
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (1, 1));
    }
}
