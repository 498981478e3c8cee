//! An answer on its way to its caller, who may be slow, or not take it at all. What is in it is the call's affair.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

tokio::task_local! {
    /// Since when the stream of this task has a piece of an answer that its caller has not taken.
    static OFFERED: Cell<Option<Instant>>;
}

/// Does a stream's work with a note of what is offered.
pub(super) fn noted<F: Future>(stream: F) -> impl Future<Output = F::Output> {
    OFFERED.scope(Cell::new(None), stream)
}

/// Since when something is offered and not taken.
pub(super) fn offered() -> Option<Instant> {
    OFFERED.try_with(Cell::get).ok().flatten()
}

fn offer(since: Option<Instant>) {
    // Outside of a stream nobody waits for it.
    let _ = OFFERED.try_with(|offered| offered.set(since));
}

/// See the module.
pub(super) struct Answer(Body);

impl Answer {
    pub(super) fn new(body: Body) -> Self {
        offer(Some(Instant::now()));
        Self(body)
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // Whoever asks for the next piece has taken the one before.
        offer(None);
        let piece = Pin::new(&mut self.0).poll_frame(context);
        if matches!(piece, Poll::Ready(Some(_))) {
            offer(Some(Instant::now()));
        }
        piece
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
