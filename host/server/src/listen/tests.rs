//! Who makes room, and who does not.

use std::net::IpAddr;

use futures::FutureExt as _;

use super::place::{Place, Places};

fn address(last: u8) -> IpAddr {
    [192, 0, 2, last].into()
}

async fn take(places: &mut Places) -> Place {
    places.take(address(1)).await.unwrap()
}

#[tokio::test]
async fn who_never_asked_makes_room_first_and_who_is_busy_does_not() {
    let mut places = Places::new(3, 3);
    let (asked, silent, busy) = (take(&mut places).await, take(&mut places).await, take(&mut places).await);
    drop(asked.begin());
    let _going_on = busy.begin();

    places.make_room();
    assert!(silent.needed().now_or_never().is_some());
    assert!(asked.needed().now_or_never().is_none());
    places.make_room();
    assert!(asked.needed().now_or_never().is_some());
    places.make_room();
    assert!(busy.needed().now_or_never().is_none());
}

#[tokio::test]
async fn a_new_connection_gets_the_place_of_one_that_left() {
    let mut places = Places::new(1, 2);
    let first = take(&mut places).await;
    let leaves = async move { first.needed().await };
    let (second, ()) = tokio::join!(take(&mut places), leaves);
    assert!(!second.is_used());
    assert!(second.quiet().now_or_never().is_some());
}

#[tokio::test]
async fn quiet_comes_with_the_end_of_the_last_request() {
    let place = take(&mut Places::new(1, 1)).await;
    let (one, two) = (place.begin(), place.begin());
    drop(one);
    assert!(place.quiet_since().is_none() && place.quiet().now_or_never().is_none());
    drop(two);
    place.quiet().await;
    assert!(place.quiet_since().is_some() && place.is_used());
}

#[tokio::test]
async fn an_address_makes_room_for_itself_alone() {
    let mut places = Places::new(9, 2);
    let other = places.take(address(2)).await.unwrap();
    let (silent, busy) = (take(&mut places).await, take(&mut places).await);
    let _going_on = busy.begin();

    let third = take(&mut places).await;
    assert!(silent.needed().now_or_never().is_some());
    let _goes_on_too = third.begin();
    assert!(places.take(address(1)).await.is_none(), "both are busy");
    assert!(other.needed().now_or_never().is_none());
    drop(silent);
    assert!(places.take(address(1)).await.is_none(), "who was asked to leave is counted no more");
    drop(busy);
    assert!(places.take(address(1)).await.is_some());
}
