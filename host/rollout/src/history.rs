//! What operators see of generations: one record each, from the first look at a file on, bounded. Where a generation
//! stands now is known to its `rollout`; a record of one that is gone stays for a while.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use patchbay_core::{Digest, Domain, TenantId, text};
use patchbay_runtime::Generation;

use super::route::Route;
use super::state::State;
use super::step::Step;

/// One generation, as an operator sees it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Counts up over the life of the host.
    pub number: u64,
    /// What it serves.
    pub domain: Domain,
    /// Where.
    pub region: String,
    /// The file's name without `.wasm`.
    pub plugin: String,
    /// As its `about` says; empty where it was refused before that.
    pub version: String,
    /// Of its file; empty where that could not be read.
    pub digest: String,
    /// How it stands.
    pub state: State,
    /// Its part of its line's calls, of the sum of all weights there.
    pub weight: u32,
    /// Tenants whose calls it answers whatever the weights.
    pub pins: Vec<TenantId>,
    /// Calls that it answers now.
    pub calls: usize,
    /// Operations that it carries now.
    pub operations: usize,
    /// Its code in memory, and the linear memory of the calls that it answers now.
    pub memory_bytes: u64,
    /// Why it was refused, or how it failed a call last.
    pub last_error: Option<String>,
    /// How its admission went.
    pub steps: Vec<Step>,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// The records, the oldest first.
pub(super) struct History {
    records: Mutex<VecDeque<Record>>,
    records_max: usize,
}

impl History {
    pub(super) fn new(records_max: usize) -> Self {
        Self { records: Mutex::default(), records_max }
    }

    /// Begins a record, or begins it anew where the same file is looked at again.
    pub(super) fn begin(&self, number: u64, route: &Route, digest: Option<&Digest>) {
        let record = Record {
            number,
            domain: route.domain,
            region: route.region.clone(),
            plugin: route.plugin.clone(),
            version: String::new(),
            digest: digest.map(|digest| digest.as_str().to_owned()).unwrap_or_default(),
            state: State::Admitting,
            weight: 0,
            pins: Vec::new(),
            calls: 0,
            operations: 0,
            memory_bytes: 0,
            last_error: None,
            steps: Vec::new(),
            since: Timestamp::now(),
        };
        let mut records = self.lock();
        records.retain(|old| old.number != number);
        records.push_back(record);
        self.shorten(&mut records);
    }

    /// It did not pass.
    pub(super) fn refused(&self, number: u64, reason: &str, steps: Vec<Step>) {
        self.change(number, |record| {
            record.last_error = Some(text::sanitized(reason, text::MESSAGE_BYTES_MAX));
            record.steps = steps;
            record.state = State::Refused;
        });
    }

    /// It passed; from here on its rollout knows how it stands.
    pub(super) fn admitted(&self, generation: &Generation, steps: Vec<Step>) {
        self.change(generation.number, |record| {
            record.version.clone_from(&generation.version);
            record.steps = steps;
            record.state = State::Standby;
        });
    }

    /// It gets no new calls; as long as it is in a rollout, that one knows better.
    pub(super) fn draining(&self, generation: &Generation) {
        self.change(generation.number, |record| record.state = State::Draining);
    }

    /// Nobody can switch back to it; false if that was known.
    pub(super) fn gone(&self, generation: &Generation) -> bool {
        let mut news = false;
        self.change(generation.number, |record| {
            news = record.state != State::Gone;
            record.last_error = generation.last_error();
            record.state = State::Gone;
        });
        news
    }

    /// All of them, by number.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.lock().iter().cloned().collect();
        records.sort_by_key(|record| record.number);
        records
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Record)) {
        let mut records = self.lock();
        if let Some(record) = records.iter_mut().find(|record| record.number == number) {
            change(record);
            record.since = Timestamp::now();
        }
        self.shorten(&mut records);
    }

    /// Forgets the oldest that are over, until there are few enough.
    fn shorten(&self, records: &mut VecDeque<Record>) {
        let over = |record: &Record| record.state.is_over();
        while records.len() > self.records_max {
            match records.iter().position(over) {
                Some(oldest) => drop(records.remove(oldest)),
                None => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
