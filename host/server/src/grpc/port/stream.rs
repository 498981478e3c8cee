//! The tasks of one connection's streams: each ends when its answer is with the caller, or was offered for too long.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::rt::Executor;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Port;
use super::answer::{noted, offered};

/// Runs what hyper makes of each stream.
#[derive(Clone)]
pub(super) struct Streams {
    patience: Patience,
}

/// How long an answer may wait for its caller.
#[derive(Clone)]
struct Patience {
    answer_max: Duration,
    closing: CancellationToken,
    grace: Duration,
}

impl Streams {
    pub(super) fn new(port: &Port) -> Self {
        let answer_max = Duration::from_millis(port.config.answer_ms_max);
        Self { patience: Patience { answer_max, closing: port.closing.clone(), grace: port.grace() } }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        // In one place of its own: as a part of other futures it would be there several times.
        let (patience, stream) = (self.patience.clone(), Box::pin(stream));
        tokio::spawn(noted(async move { taken(stream, &patience).await }));
    }
}

/// Does the stream's work; dropping it resets the stream.
async fn taken(mut stream: Pin<Box<impl Future<Output = ()>>>, patience: &Patience) {
    // Since when the answer was offered to whose end this waits.
    let mut waiting: Option<(_, BoxFuture<'static, ()>)> = None;
    poll_fn(|context| {
        if stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(since) = offered() else {
            waiting = None;
            return Poll::Pending;
        };
        let (_, end) = match waiting.take().filter(|(earlier, _)| *earlier == since) {
            Some(same) => waiting.insert(same),
            None => waiting.insert((since, patience.clone().end().boxed())),
        };
        let ended = end.poll_unpin(context);
        if ended.is_ready() {
            tracing::debug!("an answer was not taken");
        }
        ended
    })
    .await;
}

impl Patience {
    async fn end(self) {
        let stop = async {
            self.closing.cancelled().await;
            sleep(self.grace).await;
        };
        tokio::select! {
            () = sleep(self.answer_max) => {}
            () = stop => {}
        }
    }
}
