//! Where a call's guest computes: on the host's own threads as long as it soon gives way, which is what nearly all do, then
//! in the `background`. So a guest that computes for long never holds up what the host has to do for others.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio_util::sync::PollSemaphore;

use super::again::Again;
use super::background::Answered;
use super::generation::Generation;
use super::runtime::Runtime;
use super::stretch::Stretch;
use super::turns::Whose;

/// A call's run, wherever that goes on. Ends without an answer where the run panicked in the background.
pub(super) struct Share<T> {
    runtime: Arc<Runtime>,
    generation: Arc<Generation>,
    place: Place<T>,
    /// What it may yet compute on the host's threads.
    left: Duration,
}

enum Place<T> {
    Here(Foreground<T>),
    Background(Answered<T>),
    /// For the moment between the two, and after the end.
    Nowhere,
}

/// A run on the host's own threads.
struct Foreground<T> {
    run: BoxFuture<'static, T>,
    again: Again,
    /// While its generation owes anything, its domain has all of them but one: however many of its calls can go on, that one
    /// is for all else. It goes with the run's stay here, and with it a turn that it has been given and not taken. Who owes
    /// nothing asks for none: to wait for each other's short stretches would cost more than they take.
    threads: PollSemaphore,
}

impl<T: Send + 'static> Share<T> {
    pub(super) fn new(
        runtime: &Arc<Runtime>,
        generation: &Arc<Generation>,
        run: BoxFuture<'static, T>,
    ) -> Self {
        let left = Duration::from_millis(runtime.config.foreground_ms_max);
        let threads = PollSemaphore::new(Arc::clone(runtime.foreground(generation.domain)));
        Self {
            runtime: Arc::clone(runtime),
            generation: Arc::clone(generation),
            place: Place::Here(Foreground { run, again: Again::default(), threads }),
            left,
        }
    }

    /// One stretch on this thread, as soon as its domain may have it, charged to the call and to its generation.
    fn here(&mut self, here: &mut Foreground<T>, cx: &mut Context<'_>) -> Poll<T> {
        let _thread = match self.generation.activity.debt.none() {
            true => None,
            false => ready!(here.threads.poll_acquire(cx)),
        };
        let stretch = Stretch::of(&self.generation.activity.debt);
        let polled = here.again.poll(here.run.as_mut(), cx);
        self.left = self.left.saturating_sub(stretch.end(&self.generation.activity.debt));
        polled
    }

    fn too_long(&self) -> bool {
        self.left.is_zero() || self.generation.activity.debt.heavy()
    }

    fn to_background(&self, run: BoxFuture<'static, T>) -> Place<T> {
        let whose = Whose { domain: self.generation.domain, generation: self.generation.number };
        Place::Background(self.runtime.background.go_on(whose, &self.generation.activity, run))
    }
}

impl<T: Send + 'static> Future for Share<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        this.place = match std::mem::replace(&mut this.place, Place::Nowhere) {
            Place::Here(mut here) => {
                if !this.too_long()
                    && let Poll::Ready(answer) = this.here(&mut here, cx)
                {
                    return Poll::Ready(Some(answer));
                }
                // What it registered to be woken by is registered anew there: it is polled at once.
                if this.too_long() { this.to_background(here.run) } else { Place::Here(here) }
            }
            elsewhere => elsewhere,
        };
        let Place::Background(answered) = &mut this.place else { return Poll::Pending };
        let answer = ready!(answered.poll(cx));
        this.place = Place::Nowhere;
        Poll::Ready(answer)
    }
}
