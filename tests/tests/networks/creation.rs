//! `CreateRouter` with one thing wrong at a time: named, and nothing is left of it.

use patchbay_proto::route::CreateRouterReq;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, wait_for};

use crate::call::Networks;
use crate::{CONFLICT, INVALID, NOT_FOUND, NOTHING};

/// What is wrong, the code, what the sentence says, and the change of a good request.
type Case = (&'static str, i32, &'static str, fn(&mut CreateRouterReq));

const CASES: [Case; 12] = [
    ("no name", INVALID, "router_name", |r| r.router_name.clear()),
    ("a long name", INVALID, "router_name", |r| r.router_name = "路".repeat(256)),
    ("a line break in the name", INVALID, "router_name", |r| r.router_name = "a\nb".to_owned()),
    ("a long description", INVALID, "router_desc", |r| r.router_desc = "x".repeat(256)),
    ("too many VPCs", INVALID, "vpc_ids", |r| r.vpc_ids = (0..17).map(|n| n.to_string()).collect()),
    ("a VPC twice", INVALID, "vpc_ids", |r| r.vpc_ids.extend_from_within(..)),
    ("an empty VPC", INVALID, "vpc_ids", |r| r.vpc_ids.push(String::new())),
    ("a way up", INVALID, "vpc_ids", |r| r.vpc_ids.push("../x".to_owned())),
    ("an unknown VPC", NOT_FOUND, NOTHING, |r| r.vpc_ids.push(NOTHING.to_owned())),
    ("an unknown network outside", NOT_FOUND, "external_network_id", |r| {
        r.external_network_id = NOTHING.to_owned();
    }),
    ("a query", INVALID, "external_network_id", |r| r.external_network_id = "a?b=c".to_owned()),
    ("an unknown region", INVALID, "region", |r| r.region = "RegionNowhere".to_owned()),
];

async fn refused(scene: &Scene, what: &str, request: CreateRouterReq, code: i32, says: &str) {
    let answer = scene.routers().create_router(request).await.unwrap().into_inner();
    assert_eq!((answer.code, answer.router), (code, None), "{what}: {}", answer.msg);
    assert!(answer.msg.contains(says), "{what}: {}", answer.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_wrong_is_named_and_nothing_is_made() {
    let scene = Scene::start().await;
    let vpc_ids = vec![scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id];
    for (what, code, says, spoil) in CASES {
        let mut request = CreateRouterReq { vpc_ids: vpc_ids.clone(), ..scene.new_router("edge") };
        spoil(&mut request);
        refused(&scene, what, request, code, says).await;
    }
    let inside = scene.admin.offer().await.network;
    let request = CreateRouterReq { external_network_id: inside, ..scene.new_router("edge") };
    refused(&scene, "a network inside", request, INVALID, "external_network_id").await;
    assert_eq!(scene.owned("routers").await, Vec::<serde_json::Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vpc_that_cannot_be_joined_leaves_no_router() {
    let scene = Scene::start().await;
    let [one, two, three] = [("net-1", "10.1.0.0/24"), ("net-2", "10.1.0.0/16"), ("net-3", "10.3.0.0/24")];
    let mut ids = Vec::new();
    for (name, subnet) in [one, two, three] {
        ids.push(scene.create_vpc(name, subnet).await.vpc_id);
    }
    let request = CreateRouterReq { vpc_ids: ids[..2].to_vec(), ..scene.new_router("edge") };
    refused(&scene, "overlapping", request, INVALID, "vpc_ids: 10.1.0.0/16 overlaps 10.1.0.0/24").await;

    let taken = CreateRouterReq { vpc_ids: vec![ids[0].clone()], ..scene.new_router("first") };
    let first = scene.create_router(taken).await;
    let request =
        CreateRouterReq { vpc_ids: vec![ids[2].clone(), ids[0].clone()], ..scene.new_router("second") };
    refused(&scene, "another router's", request, CONFLICT, "taken").await;
    wait_for("the refused router to be gone", END_MAX, async || {
        let routers = scene.owned("routers").await;
        (routers.len() == 1 && routers[0]["id"] == *first.router_id).then_some(())
    })
    .await;
    let ports = scene.owned("ports").await;
    assert!(ports.iter().all(|port| port["device_id"] == *first.router_id), "{ports:?}");
}
