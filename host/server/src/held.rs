//! A body that keeps something until it has ended, as a place in a count. What is kept is not known here.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// See the module.
pub(crate) struct Held<B, G> {
    body: B,
    _kept: G,
}

impl<B, G> Held<B, G> {
    /// The body, with what is kept as long as it is.
    pub(crate) fn new(body: B, kept: G) -> Self {
        Self { body, _kept: kept }
    }
}

impl<B: Body + Unpin, G: Unpin> Body for Held<B, G> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
