//! Requests whose message has not come: so many over all connections, each so long. A new one takes the place of the one
//! that has been silent for longest, so those who never send a message cannot keep others out.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use patchbay_core::error::{Error, Kind};
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::deadline::{Deadline, passed};
use super::load::Weight;
use super::refusal::Refusal;
use crate::grpc::Config;

/// The places of all requests that are not whole.
pub(super) struct Arrivals {
    waiting: Mutex<BTreeMap<u64, CancellationToken>>,
    waiting_max: usize,
    gauge: Gauge,
    silence_max: Duration,
    closing: CancellationToken,
}

/// A request's message, as it comes, in one place of its own: it is a part of other things.
pub(super) type Message = Box<Arriving>;

/// See [`Message`].
pub(in crate::grpc) struct Arriving {
    arrivals: Arc<Arrivals>,
    body: Incoming,
    first: Option<Frame<Bytes>>,
    deadline: Instant,
    weight: Arc<Weight>,
    place: Option<Place>,
    /// Ends the wait for the next piece.
    late: Option<BoxFuture<'static, Error>>,
}

/// One of the places.
struct Place {
    arrivals: Arc<Arrivals>,
    number: u64,
    /// Another one has it.
    taken: CancellationToken,
}

impl Arrivals {
    pub(super) fn new(config: &Config, gauge: Gauge, closing: CancellationToken) -> Self {
        let silence_max = Duration::from_millis(config.message_ms_max);
        Self {
            waiting: Mutex::default(),
            waiting_max: config.waiting_max.max(1),
            gauge,
            silence_max,
            closing,
        }
    }

    /// The message, as soon as its first piece is there: until then a request costs next to nothing.
    pub(super) fn begin(
        self: &Arc<Self>,
        body: Incoming,
        deadline: Deadline,
        weight: Arc<Weight>,
    ) -> impl Future<Output = Result<Message, Refusal>> + use<> {
        let (arrivals, deadline) = (Arc::clone(self), deadline.at);
        let mut arriving =
            Box::new(Arriving { arrivals, body, first: None, deadline, weight, place: None, late: None });
        async move {
            let first = poll_fn(|context| arriving.poll(context)).await;
            arriving.first = first.transpose().map_err(Refusal::Call)?;
            Ok(arriving)
        }
    }

    fn place(self: &Arc<Self>) -> Place {
        let mut waiting = self.lock();
        while waiting.len() >= self.waiting_max {
            if let Some((_, longest)) = waiting.pop_first() {
                longest.cancel();
            }
        }
        let number = waiting.last_key_value().map_or(0, |(last, _)| last + 1);
        let taken = CancellationToken::new();
        waiting.insert(number, taken.clone());
        self.count(&waiting);
        Place { arrivals: Arc::clone(self), number, taken }
    }

    fn count(&self, waiting: &BTreeMap<u64, CancellationToken>) {
        self.gauge.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, CancellationToken>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing more is waited for, as soon as it is so.
    async fn late(self: Arc<Self>, deadline: Instant, taken: CancellationToken) -> Error {
        let end = deadline.min(Instant::now() + self.silence_max);
        tokio::select! {
            () = sleep_until(end) => {
                if end == deadline { passed() } else { Error::new(Kind::Timeout, "The request's message did not come.") }
            }
            () = taken.cancelled() => {
                Error::new(Kind::Busy, "Too many requests are open whose message has not come; try again later.")
            }
            () = self.closing.cancelled() => Error::new(Kind::Busy, "The host is stopping."),
        }
    }
}

impl Arriving {
    /// The next piece, or why there is none.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(piece) => {
                // Whoever waits again does so behind the others.
                (self.late, self.place) = (None, None);
                Poll::Ready(piece.map(|piece| self.weighed(piece)))
            }
            Poll::Pending => self.wait(context).map(|error| Some(Err(error))),
        }
    }

    /// A piece for which there is room.
    fn weighed(&self, piece: Result<Frame<Bytes>, hyper::Error>) -> Result<Frame<Bytes>, Error> {
        let piece = piece.map_err(|error| Error::hidden(Kind::Cancelled, error))?;
        self.weight.take(piece.data_ref().map_or(0, Bytes::len))?;
        Ok(piece)
    }

    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let (arrivals, deadline) = (&self.arrivals, self.deadline);
        let place = self.place.get_or_insert_with(|| arrivals.place());
        let late = || Arc::clone(arrivals).late(deadline, place.taken.clone()).boxed();
        self.late.get_or_insert_with(late).as_mut().poll(context)
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.poll(context).map_err(|error| Status::new(error.kind().code().into(), error.message()))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.first.is_none() { self.body.size_hint() } else { SizeHint::default() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.arrivals.lock();
        // Whoever took it counts for itself.
        if !self.taken.is_cancelled() {
            waiting.remove(&self.number);
            self.arrivals.count(&waiting);
        }
    }
}
