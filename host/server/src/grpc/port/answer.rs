//! An answer on its way to its caller, who may be slow, or not take it at all.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

use super::load::Weight;
use crate::listen::InFlight;

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

/// Bytes that are handed over at once: a large answer then neither takes its size again in its connection's buffers, nor
/// keeps a thread from everything else until it is written.
pub(super) const PIECE_BYTES: usize = 64 << 10;

/// See the module.
pub(super) struct Answer {
    body: Body,
    /// Of the message that is handed over in pieces.
    rest: Bytes,
    /// Its request, which ends with it.
    _request: InFlight,
    weight: Arc<Weight>,
    /// What it weighs of that.
    bytes: usize,
}

impl Answer {
    pub(super) fn new(body: Body, request: InFlight, weight: Arc<Weight>) -> Self {
        offer(Some(Instant::now()));
        Self { body, rest: Bytes::new(), _request: request, weight, bytes: 0 }
    }

    /// The next piece of it.
    fn piece(&mut self) -> Frame<Bytes> {
        Frame::data(self.rest.split_to(self.rest.len().min(PIECE_BYTES)))
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if !this.rest.is_empty() {
            // All of a message is offered since its first piece was.
            return Poll::Ready(Some(Ok(this.piece())));
        }
        // Whoever asks for the next one has taken the one before.
        offer(None);
        this.weight.give_back(std::mem::take(&mut this.bytes));
        let next = Pin::new(&mut this.body).poll_frame(context);
        let Poll::Ready(Some(frame)) = next else { return next };
        offer(Some(Instant::now()));
        let frame = frame.map(|frame| match frame.into_data() {
            Ok(message) => {
                this.bytes = message.len();
                this.weight.add(this.bytes);
                this.rest = message;
                this.piece()
            }
            Err(trailers) => trailers,
        });
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, of_body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
