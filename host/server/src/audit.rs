//! What happened to plugins, on its way from the events into the audit trail. What calls ask for is written by `grpc`.

use std::sync::Arc;

use patchbay_durable::audit::{Actor, Audit, Kind, Record};
use patchbay_rollout::{Event, Plugins};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;

/// Writes each event once and in order, from the first on, until `stop`; what has happened by then is written still.
pub(crate) async fn follow(plugins: Arc<Plugins>, audit: Arc<Audit>, stop: CancellationToken) {
    let mut last = 0;
    loop {
        // From here on, and again where more happened at once than is kept for whoever is behind.
        let (kept, mut coming) = plugins.events(last);
        for event in kept {
            last = event.number;
            audit.note(record(event)).await;
        }
        loop {
            let came = match stop.run_until_cancelled(coming.recv()).await {
                Some(came) => came,
                None => match coming.try_recv() {
                    Ok(event) => Ok(event),
                    Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => return,
                },
            };
            match came {
                Ok(event) => {
                    last = event.number;
                    audit.note(record(event)).await;
                }
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn record(event: Event) -> Record {
    let operator = event.operator.map(|name| name.to_string());
    let (number, plugin, digest) = event
        .generation
        .map(|subject| (Some(subject.number), subject.plugin, subject.digest))
        .unwrap_or_default();
    let line = event.line.map(|(domain, region)| format!("{}/{region}", domain.as_str()));
    let generation = number.map(|number| format!("generation={number}"));
    Record {
        number: 0,
        at_ms: event.at.as_millisecond(),
        kind: Kind::Event,
        actor: operator.as_ref().map_or(Actor::Host, |_| Actor::Operator),
        name: operator.unwrap_or_default(),
        user_id: String::new(),
        peer: String::new(),
        action: event.kind.as_str().to_owned(),
        named: line.into_iter().chain(generation).collect(),
        outcome: "ok".to_owned(),
        message: event.message,
        request_id: String::new(),
        operation_id: String::new(),
        plugin,
        digest,
    }
}
