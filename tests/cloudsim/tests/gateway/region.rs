//! Two regions know nothing of each other.

use std::time::SystemTime;

use reqwest::Method;

use crate::fixture::Fixture;
use crate::gateway::{Gateways, Signing};
use crate::step::{get, put};

#[tokio::test]
async fn what_one_region_has_the_other_has_not() {
    let gateways = Gateways::open().await;
    let [first, second] = &gateways.both;
    let mut here = Fixture::make(first).await;
    let mut there = Fixture::make(second).await;
    there.name_as(&here);
    let made =
        here.run(&[put("/admin/user?uid={u}&display-name=N").status(200), put("/{b}").empty(200)]).await;
    let absent = [
        get("/admin/user?uid={u}").refused(404, "NoSuchUser"),
        get("/{b}").refused(404, "NoSuchBucket"),
        put("/admin/user?uid={u}&display-name=N").status(200),
        put("/{b}").empty(200),
    ];
    let other = there.run(&absent).await;
    here.remove().await;
    there.remove().await;
    assert_eq!((made, other), (Ok(()), Ok(())));
}

#[tokio::test]
async fn the_key_of_one_region_is_unknown_in_the_other() {
    let gateways = Gateways::open().await;
    let [first, second] = &gateways.both;
    let mut request = second.request(&Method::GET, "/admin/metadata/user", "");
    second.sign(&mut request, &first.admin, Signing::Header, SystemTime::now());
    let answer = second.http.execute(request).await.expect("an answer");
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.expect("a body").contains("InvalidAccessKeyId"));
}
