//! Events as a stream: those that are kept, then those that come. A watcher that falls behind is given what it missed as
//! far as that is kept, so it sees every number once and in order.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use patchbay_core::error::Error;
use patchbay_proto::plugin as wire;
use patchbay_rollout::{Event, Plugins};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::grpc::convert::Convert;

struct Watch {
    plugins: Arc<Plugins>,
    stopping: CancellationToken,
    /// The number of the last one that was given out.
    last: u64,
    kept: VecDeque<Event>,
    coming: Receiver<Event>,
    _place: OwnedSemaphorePermit,
}

/// All events after `since`, or from now on, until the host stops.
///
/// # Errors
/// Too many watch already.
pub(super) fn events(
    plugins: Arc<Plugins>,
    since: Option<u64>,
    stopping: CancellationToken,
) -> Result<BoxStream<'static, Result<wire::Event, Status>>, Error> {
    let place = plugins.watcher()?;
    let (mut kept, coming) = plugins.events(since.unwrap_or(0));
    let last = since.unwrap_or_else(|| kept.drain(..).next_back().map_or(0, |event| event.number));
    let watch = Watch { plugins, stopping, last, kept: kept.into(), coming, _place: place };
    let next = async |mut watch: Watch| Some((Ok(Convert::convert(watch.next().await?)), watch));
    Ok(stream::unfold(watch, next).boxed())
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        let event = match self.kept.pop_front() {
            Some(event) => event,
            None => self.come().await?,
        };
        self.last = event.number;
        Some(event)
    }

    async fn come(&mut self) -> Option<Event> {
        loop {
            let came = tokio::select! {
                () = self.stopping.cancelled() => return None,
                came = self.coming.recv() => came,
            };
            match came {
                Ok(event) => return Some(event),
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => {
                    let (kept, coming) = self.plugins.events(self.last);
                    (self.kept, self.coming) = (kept.into(), coming);
                    if let Some(event) = self.kept.pop_front() {
                        return Some(event);
                    }
                }
            }
        }
    }
}
