//! What happened to plugins, numbered, for those who watch: the last ones are kept, and what happens is sent on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use patchbay_core::{Domain, text};
use patchbay_runtime::Generation;
use tokio::sync::broadcast;

use super::cause;
use super::route::Route;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Counts up from 1 over the life of the host.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The line that it is about.
    pub line: Option<(Domain, String)>,
    /// The generation that it is about.
    pub generation: Option<Subject>,
    /// The operator who has asked for what led to it; none where the host did it by itself.
    pub operator: Option<Arc<str>>,
    /// A sentence with the figures that led to it.
    pub message: String,
}

/// A generation as an event names it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The generation's number.
    pub number: u64,
    /// Its plugin.
    pub plugin: String,
    /// Its file's digest; empty where that could not be read.
    pub digest: String,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A file passed its admission.
    Admitted,
    /// A file did not.
    Refused,
    /// A generation answers its line's calls from now on.
    Activated,
    /// A generation is on trial from now on.
    Canary,
    /// A trial went well, or was ended so by hand.
    Promoted,
    /// An earlier generation answers again.
    RolledBack,
    /// Weights or pins were set by hand.
    Routed,
    /// A generation gets no new calls.
    Draining,
    /// All that it had to do has ended.
    Drained,
    /// What it had to do took too long and was cut off.
    Cancelled,
    /// A generation was let go.
    Gone,
    /// The configuration file changed, and what it says holds.
    ConfigApplied,
    /// The configuration file changed for the worse: what it said before holds.
    ConfigRefused,
    /// Another host that shares the database serves a line otherwise than before.
    Announced,
    /// Certificates were read anew, and serve new connections from now on.
    CertificateApplied,
    /// Certificates changed for the worse: those before go on serving.
    CertificateRefused,
    /// The operators' file was read anew, and what it says holds.
    OperatorsApplied,
    /// The operators' file changed for the worse: those before are operators still.
    OperatorsRefused,
    /// An operation failed, and what it made could not all be undone.
    LeftBehind,
}

impl EventKind {
    /// The word for it outside.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Refused => "refused",
            Self::Activated => "activated",
            Self::Canary => "canary",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled-back",
            Self::Routed => "routed",
            Self::Draining => "draining",
            Self::Drained => "drained",
            Self::Cancelled => "cancelled",
            Self::Gone => "gone",
            Self::ConfigApplied => "config-applied",
            Self::ConfigRefused => "config-refused",
            Self::Announced => "announced",
            Self::CertificateApplied => "certificate-applied",
            Self::CertificateRefused => "certificate-refused",
            Self::OperatorsApplied => "operators-applied",
            Self::OperatorsRefused => "operators-refused",
            Self::LeftBehind => "left-behind",
        }
    }
}

/// What an event is about.
#[derive(Default)]
pub(super) struct About {
    line: Option<(Domain, String)>,
    generation: Option<Subject>,
}

impl About {
    /// A line as a whole.
    pub(super) fn line(domain: Domain, region: &str) -> Self {
        Self { line: Some((domain, region.to_owned())), generation: None }
    }

    /// A file that is no generation yet.
    pub(super) fn file(route: &Route, number: u64, digest: &str) -> Self {
        let subject = Subject { number, plugin: route.plugin.clone(), digest: digest.to_owned() };
        Self { generation: Some(subject), ..Self::line(route.domain, &route.region) }
    }
}

impl From<&Generation> for About {
    fn from(generation: &Generation) -> Self {
        let Generation { number, grant, .. } = generation;
        let subject = Subject {
            number: *number,
            plugin: grant.plugin.clone(),
            digest: grant.digest.as_str().to_owned(),
        };
        Self { generation: Some(subject), ..Self::line(grant.domain, &grant.region) }
    }
}

/// The last events, and whoever is sent the next ones.
pub(super) struct Events {
    history: Mutex<Kept>,
    events_max: usize,
}

struct Kept {
    last: u64,
    events: VecDeque<Event>,
    sender: broadcast::Sender<Event>,
}

impl Events {
    pub(super) fn new(events_max: usize) -> Self {
        let (sender, _) = broadcast::channel(events_max);
        Self { history: Mutex::new(Kept { last: 0, events: VecDeque::new(), sender }), events_max }
    }

    /// Notes an event and sends it on.
    pub(super) fn tell(&self, kind: EventKind, about: impl Into<About>, message: impl AsRef<str>) {
        let About { line, generation } = about.into();
        // It may repeat what a component or a backend said.
        let message = text::sanitized(message.as_ref(), text::MESSAGE_BYTES_MAX);
        let mut history = self.lock();
        history.last += 1;
        let (number, at, operator) = (history.last, Timestamp::now(), cause::operator());
        let event = Event { number, at, kind, line, generation, operator, message };
        if history.events.len() == self.events_max {
            history.events.pop_front();
        }
        history.events.push_back(event.clone());
        // Without receivers nobody watches.
        let _ = history.sender.send(event);
    }

    /// Those that are kept of the events after `since`, and all that follow.
    pub(super) fn since(&self, since: u64) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let history = self.lock();
        let kept = history.events.iter().filter(|event| event.number > since).cloned().collect();
        (kept, history.sender.subscribe())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_events_are_kept_and_the_next_ones_sent() {
        let events = Events::new(2);
        for message in ["a", "b", "c"] {
            events.tell(EventKind::ConfigApplied, About::default(), message);
        }
        let (kept, mut next) = events.since(0);
        assert_eq!(kept.iter().map(|event| event.number).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(events.since(2).0.len(), 1);
        events.tell(EventKind::ConfigRefused, About::default(), "d");
        assert_eq!(next.try_recv().map(|event| event.number), Ok(4));
    }
}
