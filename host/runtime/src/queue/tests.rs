//! Turns, shares and bounds, call by call.

use patchbay_core::TenantId;
use patchbay_core::error::Kind;

use super::{Bounds, Entered, Party, Queue};

const BOUNDS: Bounds =
    Bounds { calls_max: 4, calls_per_tenant_max: 2, queue_max: 5, queue_per_tenant_max: 3 };

fn tenant(number: u32) -> Party {
    let id: TenantId = format!("t-{number:010}").parse().unwrap();
    Some(id)
}

/// A queue whose calls are told by their names.
struct Book(Queue<&'static str>);

impl Book {
    fn new(bounds: Bounds) -> Self {
        Self(Queue::new(bounds))
    }

    fn works(&mut self, party: Party) {
        assert_eq!(self.0.enter(party, false, || "at work").unwrap(), Entered::AtWork);
    }

    fn waits(&mut self, party: Party, name: &'static str) -> u64 {
        match self.0.enter(party, false, || name).unwrap() {
            Entered::Waiting(number) => number,
            Entered::AtWork => panic!("{name} is at work"),
        }
    }

    fn refused(&mut self, party: Party) -> Kind {
        let refused = self.0.enter(party, false, || "refused").unwrap_err().kind();
        assert_eq!(self.0.admits(party).unwrap_err().kind(), refused);
        refused
    }

    /// One of the party ends; who is next.
    fn ends(&mut self, party: Party) -> &'static str {
        self.0.leave(party).map_or("nobody", |(_, name)| name)
    }

    fn is_empty(&self) -> bool {
        let Queue { free, waiting, parties, turns, .. } = &self.0;
        *free == BOUNDS.calls_max && *waiting == 0 && parties.is_empty() && turns.is_empty()
    }
}

#[test]
fn a_tenant_has_its_share_of_the_places_and_no_more() {
    let (mut book, [a, b, c]) = (Book::new(BOUNDS), [1, 2, 3].map(tenant));
    book.works(a);
    book.works(a);
    book.waits(a, "a3");
    book.works(b);
    assert_eq!(book.ends(b), "nobody", "the share of a stays what it is");
    assert_eq!(book.ends(a), "a3");
    book.works(b);
    book.works(c);
    assert_eq!([a, a, b, c].map(|party| book.ends(party)), ["nobody"; 4]);
    assert!(book.is_empty());
}

#[test]
fn tenants_take_turns_and_each_keeps_its_order() {
    let (mut book, [a, b, c, d]) = (Book::new(BOUNDS), [1, 2, 3, 4].map(tenant));
    for party in [c, c, d, d] {
        book.works(party);
    }
    for (party, name) in [(a, "a1"), (a, "a2"), (a, "a3"), (b, "b1"), (b, "b2")] {
        book.waits(party, name);
    }
    assert_eq!([c, c, d, d].map(|party| book.ends(party)), ["a1", "b1", "a2", "b2"]);
    assert_eq!(book.ends(b), "nobody", "a has its share");
    assert_eq!(book.ends(a), "a3");
    assert_eq!([a, a, b].map(|party| book.ends(party)), ["nobody"; 3]);
    assert!(book.is_empty());
}

#[test]
fn who_is_over_its_share_is_refused_and_others_get_in() {
    let (mut book, [a, b, c]) = (Book::new(BOUNDS), [1, 2, 3].map(tenant));
    for party in [a, a, b, b] {
        book.works(party);
    }
    for _ in 0..BOUNDS.queue_per_tenant_max {
        book.waits(a, "a");
    }
    assert_eq!(book.refused(a), Kind::Exhausted);
    assert!(book.0.admits(c).is_ok());
    book.waits(c, "c1");
    book.waits(c, "c2");
    assert_eq!(book.refused(c), Kind::Busy, "the whole queue");
    assert_eq!(book.refused(a), Kind::Exhausted, "its own share comes first");
}

#[test]
fn what_was_let_in_before_waits_however_many_do_and_takes_nobodys_room() {
    let (mut book, [a, b]) = (Book::new(BOUNDS), [1, 2].map(tenant));
    for party in [a, a, b, b] {
        book.works(party);
    }
    for _ in 0..10 {
        assert!(matches!(book.0.enter(a, true, || "next step"), Ok(Entered::Waiting(_))));
    }
    for _ in 0..BOUNDS.queue_per_tenant_max {
        book.waits(a, "a");
    }
    assert_eq!(book.refused(a), Kind::Exhausted);
    assert_eq!(book.ends(a), "next step");
    assert_eq!(book.refused(a), Kind::Exhausted);
    for _ in 0..9 {
        assert_eq!(book.ends(a), "next step");
    }
    assert_eq!(book.ends(a), "a");
    book.waits(a, "in its place");
}

#[test]
fn who_gives_up_is_forgotten_and_keeps_no_turn() {
    let (mut book, [a, b, c]) = (Book::new(BOUNDS), [1, 2, 3].map(tenant));
    for party in [a, a, b, b] {
        book.works(party);
    }
    for _ in 0..100 {
        let number = book.waits(c, "c");
        book.0.give_up(c, number);
        book.0.give_up(c, number);
    }
    assert!(book.0.turns.is_empty() && !book.0.parties.contains_key(&c), "nothing is kept of it");
    let (first, second) = (book.waits(c, "c1"), book.waits(c, "c2"));
    book.0.give_up(c, first);
    assert_eq!(book.ends(a), "c2");
    book.0.give_up(c, second);
    assert_eq!([a, b, b, c].map(|party| book.ends(party)), ["nobody"; 4]);
    assert!(book.is_empty());
}

#[test]
fn calls_of_no_tenant_are_a_party_of_their_own() {
    let (mut book, a) = (Book::new(BOUNDS), tenant(1));
    book.works(None);
    book.works(None);
    book.waits(None, "the host's third");
    book.works(a);
    assert_eq!(book.ends(None), "the host's third");
    assert_eq!([None, None, a].map(|party| book.ends(party)), ["nobody"; 3]);
    assert!(book.is_empty());
}
