//! Who makes room, who does not, and who is refused.

use std::net::IpAddr;

use futures::FutureExt as _;

use super::place::{Place, Places};
use super::{Bounds, InFlight};

fn address(last: u8) -> IpAddr {
    [192, 0, 2, last].into()
}

fn places(connections_max: usize, per_address_max: usize) -> Places {
    Places::new(Bounds { connections_max, per_address_max })
}

fn take(places: &mut Places) -> Place {
    places.take(address(1)).unwrap()
}

fn at_work(place: &Place) -> InFlight {
    let mut request = place.begin().unwrap();
    request.work();
    request
}

fn is_needed(place: &Place) -> bool {
    place.needed().now_or_never().is_some()
}

#[test]
fn who_never_asked_makes_room_first_and_who_is_at_work_does_not() {
    let mut places = places(3, 3);
    let (asked, silent, busy) = (take(&mut places), take(&mut places), take(&mut places));
    drop(at_work(&asked));
    let _going_on = at_work(&busy);

    places.make_room();
    assert!(is_needed(&silent) && !is_needed(&asked));
    places.make_room();
    assert!(is_needed(&asked));
    places.make_room();
    assert!(!is_needed(&busy));
}

#[test]
fn a_request_without_a_message_keeps_no_place() {
    let mut places = places(1, 1);
    let first = take(&mut places);
    let _only_headers = first.begin().unwrap();
    assert!(first.quiet_since().is_none() && first.free_since().is_some());
    let _second = take(&mut places);
    assert!(is_needed(&first));
}

#[test]
fn where_all_are_at_work_the_newcomer_is_refused() {
    let mut places = places(2, 2);
    let (one, other) = (take(&mut places), take(&mut places));
    let (_first, second) = (at_work(&one), at_work(&other));
    assert!(places.take(address(2)).is_none());
    drop(second);
    assert!(places.take(address(2)).is_some());
    assert!(is_needed(&other) && !is_needed(&one));
}

#[test]
fn so_many_may_be_leaving_and_no_more() {
    let mut places = places(8, 4);
    let used: Vec<_> = (0..4).map(|_| take(&mut places)).collect();
    used.iter().for_each(|place| drop(at_work(place)));
    let _fifth = take(&mut places);
    assert_eq!(used.iter().filter(|place| is_needed(place)).count(), 1, "one newcomer, one that leaves");
    assert!(places.take(address(1)).is_some(), "the one that never asked goes at once");
    let newest = take(&mut places);
    drop(at_work(&newest));
    assert!(places.take(address(1)).is_none(), "one is on its way out already");
    drop(used);
    assert!(places.take(address(1)).is_some());
}

#[test]
fn quiet_comes_with_the_end_of_the_last_request() {
    let place = take(&mut places(1, 1));
    let (one, two) = (at_work(&place), at_work(&place));
    let mut ended = Box::pin(place.ended());
    drop(one);
    assert!(place.quiet_since().is_none() && ended.as_mut().now_or_never().is_none());
    drop(two);
    assert!(ended.now_or_never().is_some() && place.quiet_since().is_some() && place.is_used());
}

#[test]
fn nothing_begins_on_a_place_that_is_closed() {
    let place = take(&mut places(1, 1));
    let before = place.begin().unwrap();
    place.close();
    assert!(place.begin().is_none());
    drop(before);
    assert!(place.quiet_since().is_some());
}

#[test]
fn an_address_makes_room_for_itself_alone() {
    let mut places = places(9, 2);
    let other = places.take(address(2)).unwrap();
    let (silent, busy) = (take(&mut places), take(&mut places));
    let _going_on = at_work(&busy);

    let third = take(&mut places);
    assert!(is_needed(&silent));
    let _goes_on_too = at_work(&third);
    assert!(places.take(address(1)).is_none(), "both are at work");
    assert!(!is_needed(&other));
    drop(silent);
    assert!(places.take(address(1)).is_none(), "it was not counted any more");
    drop(busy);
    assert!(places.take(address(1)).is_some());
}

#[test]
fn descriptors_bound_an_address_as_they_bound_all() {
    let wanted = Bounds { connections_max: 4_096, per_address_max: 1_024 };
    for (descriptors, connections, per_address) in [
        (None, 4_096, 1_024),
        (Some(16_384), 4_096, 1_024),
        (Some(1_024), 455, 113),
        (Some(2), 1, 1),
        (Some(0), 1, 1),
    ] {
        let within = wanted.within(descriptors);
        assert_eq!(
            (within.connections_max, within.per_address_max),
            (connections, per_address),
            "{descriptors:?}"
        );
    }
}
