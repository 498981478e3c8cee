//! For how long each of the other hosts has given no sign of life, by this host's own clock. What follows from a death is
//! not decided here.

use std::collections::HashMap;
use std::time::Duration;

use patchbay_core::HostId;
use tokio::time::Instant;

use super::store::Member;

/// See the module. Knows as many as were looked at last.
pub(super) struct FailureDetector {
    heard: HashMap<HostId, Heard>,
    looked: Option<Instant>,
    lease: Duration,
}

struct Heard {
    beat: i64,
    since: Instant,
}

impl FailureDetector {
    pub(super) fn new(lease: Duration) -> Self {
        Self { heard: HashMap::new(), looked: None, lease }
    }

    /// The dead among `members`, whose rows were read just before `now`. Who could not look for a while knows nothing
    /// about that while, and begins to count anew.
    pub(super) fn dead<'a>(&mut self, members: &'a [Member], now: Instant) -> Vec<&'a Member> {
        let looked = self.looked.replace(now);
        let attentive = looked.is_some_and(|last| now.duration_since(last) <= self.lease / 2);
        let before = std::mem::take(&mut self.heard);
        let same = |member: &Member| before.get(&member.id).filter(|heard| heard.beat == member.beat);
        let since = |member: &Member| same(member).filter(|_| attentive).map_or(now, |heard| heard.since);
        let heard = |member: &Member| (member.id, Heard { beat: member.beat, since: since(member) });
        self.heard = members.iter().map(heard).collect();
        let silent = |member: &&Member| now.duration_since(self.heard[&member.id].since) >= self.lease;
        members.iter().filter(silent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(4);

    fn member(beat: i64) -> [Member; 1] {
        [Member { id: HostId::draw(), name: "b".to_owned(), beat, serving: String::new() }]
    }

    /// How many are dead at each of these seconds.
    fn dead(
        silence: &mut FailureDetector,
        members: &[Member],
        start: Instant,
        seconds: &[u64],
    ) -> Vec<usize> {
        let at = |second: &u64| silence.dead(members, start + Duration::from_secs(*second)).len();
        seconds.iter().map(at).collect()
    }

    #[test]
    fn one_that_is_silent_for_a_lease_is_dead() {
        let (start, members) = (Instant::now(), member(7));
        let counts = dead(&mut FailureDetector::new(LEASE), &members, start, &[0, 1, 2, 3, 4]);
        assert_eq!(counts, [0, 0, 0, 0, 1]);
    }

    #[test]
    fn a_beat_counts_anew() {
        let (start, [mut member]) = (Instant::now(), member(7));
        let mut silence = FailureDetector::new(LEASE);
        assert_eq!(dead(&mut silence, &[member.clone()], start, &[0, 2, 3]), [0, 0, 0]);
        member.beat = 8;
        assert_eq!(dead(&mut silence, &[member], start, &[4, 6, 7, 8]), [0, 0, 0, 1]);
    }

    #[test]
    fn who_could_not_look_counts_anew() {
        let (start, members) = (Instant::now(), member(7));
        let counts = dead(&mut FailureDetector::new(LEASE), &members, start, &[0, 1, 100, 102, 103, 104]);
        assert_eq!(counts, [0, 0, 0, 0, 0, 1]);
    }
}
