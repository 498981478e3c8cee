//! Who makes room, and who does not.

use futures::FutureExt as _;

use super::place::Places;

#[tokio::test]
async fn who_never_asked_makes_room_first_and_who_is_busy_does_not() {
    let mut places = Places::new(3);
    let (asked, silent, busy) = (places.take().await, places.take().await, places.take().await);
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
    let mut places = Places::new(1);
    let first = places.take().await;
    let leaves = async move { first.needed().await };
    let (second, ()) = tokio::join!(places.take(), leaves);
    assert!(!second.is_used());
    assert!(second.quiet().now_or_never().is_some());
}

#[tokio::test]
async fn quiet_comes_with_the_end_of_the_last_request() {
    let place = Places::new(1).take().await;
    let (one, two) = (place.begin(), place.begin());
    drop(one);
    assert!(place.quiet_since().is_none() && place.quiet().now_or_never().is_none());
    drop(two);
    place.quiet().await;
    assert!(place.quiet_since().is_some() && place.is_used());
}
