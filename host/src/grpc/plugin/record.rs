//! Records and events of plugins as messages.

use jiff::Timestamp;

use crate::membership::Peer;
use crate::plugin::{Event, Record, Served, Step};
use crate::proto::plugin as wire;

impl From<Record> for wire::Generation {
    fn from(record: Record) -> Self {
        Self {
            number: record.number,
            domain: record.domain.word().to_owned(),
            region: record.region,
            plugin: record.plugin,
            version: record.version,
            digest: record.digest,
            state: record.state.word().to_owned(),
            weight: record.weight,
            pins: record.pins.iter().map(ToString::to_string).collect(),
            calls: count(record.calls),
            operations: count(record.operations),
            memory_bytes: record.memory_bytes,
            last_error: record.last_error.unwrap_or_default(),
            steps: record.steps.into_iter().map(wire::Step::from).collect(),
            since: time(record.since),
        }
    }
}

impl From<Step> for wire::Step {
    fn from(step: Step) -> Self {
        Self {
            name: step.name.to_owned(),
            took_us: u64::try_from(step.took.as_micros()).unwrap_or(u64::MAX),
            refusal: step.refused.unwrap_or_default(),
        }
    }
}

impl From<&Peer> for wire::Host {
    fn from(peer: &Peer) -> Self {
        Self {
            id: peer.id.to_string(),
            name: peer.name.clone(),
            served: peer.served.iter().cloned().map(wire::Served::from).collect(),
        }
    }
}

impl From<Served> for wire::Served {
    fn from(served: Served) -> Self {
        let Served { domain, region, plugin, version, digest } = served;
        Self { domain, region, plugin, version, digest }
    }
}

impl From<Event> for wire::Event {
    fn from(event: Event) -> Self {
        let (domain, region) = event.line.map(|(domain, region)| (domain.word(), region)).unwrap_or_default();
        let subject = event.generation.map(|subject| (subject.number, subject.plugin, subject.digest));
        let (generation, plugin, digest) = subject.unwrap_or_default();
        Self {
            number: event.number,
            time: time(event.at),
            kind: event.kind.word().to_owned(),
            domain: domain.to_owned(),
            region,
            plugin,
            generation,
            digest,
            message: event.message,
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
