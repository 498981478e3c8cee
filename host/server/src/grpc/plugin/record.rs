//! Records and events of plugins as messages.

use jiff::Timestamp;
use patchbay_durable::membership::{Peer, Served};
use patchbay_proto::plugin as wire;
use patchbay_rollout::{Event, Record, Step};

use crate::grpc::convert::Convert;

impl Convert<Record> for wire::Generation {
    fn convert(record: Record) -> Self {
        Self {
            number: record.number,
            domain: record.domain.as_str().to_owned(),
            region: record.region,
            plugin: record.plugin,
            version: record.version,
            digest: record.digest,
            state: record.state.as_str().to_owned(),
            weight: record.weight,
            pins: record.pins.iter().map(ToString::to_string).collect(),
            calls: count(record.calls),
            operations: count(record.operations),
            memory_bytes: record.memory_bytes,
            last_error: record.last_error.unwrap_or_default(),
            steps: record.steps.into_iter().map(wire::Step::convert).collect(),
            since: time(record.since),
        }
    }
}

impl Convert<Step> for wire::Step {
    fn convert(step: Step) -> Self {
        Self {
            name: step.name.to_owned(),
            took_us: u64::try_from(step.took.as_micros()).unwrap_or(u64::MAX),
            refusal: step.refused.unwrap_or_default(),
        }
    }
}

impl Convert<&Peer> for wire::Host {
    fn convert(peer: &Peer) -> Self {
        Self {
            id: peer.id.to_string(),
            name: peer.name.clone(),
            served: peer.served.iter().cloned().map(wire::Served::convert).collect(),
        }
    }
}

impl Convert<Served> for wire::Served {
    fn convert(served: Served) -> Self {
        let Served { domain, region, plugin, version, digest } = served;
        Self { domain, region, plugin, version, digest }
    }
}

impl Convert<Event> for wire::Event {
    fn convert(event: Event) -> Self {
        let (domain, region) =
            event.line.map(|(domain, region)| (domain.as_str(), region)).unwrap_or_default();
        let subject = event.generation.map(|subject| (subject.number, subject.plugin, subject.digest));
        let (generation, plugin, digest) = subject.unwrap_or_default();
        Self {
            number: event.number,
            time: time(event.at),
            kind: event.kind.as_str().to_owned(),
            domain: domain.to_owned(),
            region,
            plugin,
            generation,
            digest,
            message: event.message,
            operator: event.operator.map(|name| name.to_string()).unwrap_or_default(),
        }
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn time(at: Timestamp) -> String {
    // To the millisecond: events of one swap lie close together.
    format!("{at:.3}")
}
