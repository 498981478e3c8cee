//! A router's table of static routes, set as a whole.

use patchbay_proto::route::{CreateRouterReq, Route};
use patchbay_tests::Scene;

use crate::call::{Networks, router};
use crate::{CONFLICT, INVALID};

pub(crate) fn route(destination: &str, next_hop: &str) -> Route {
    Route { destination: destination.to_owned(), next_hop: next_hop.to_owned() }
}

/// A router in 10.1.0.0/24; its id, and that of the VPC.
async fn edge(scene: &Scene) -> (String, String) {
    let vpc = scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id;
    let request = CreateRouterReq { vpc_ids: vec![vpc.clone()], ..scene.new_router("edge") };
    (scene.create_router(request).await.router_id, vpc)
}

/// The router's table as the cloud tells its administrator.
async fn table_of(scene: &Scene, router: &str) -> Vec<Route> {
    let record = scene.one("routers", router).await;
    let routes = record["routes"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    sorted(routes.map(|r| route(&text(&r["destination"]), &text(&r["nexthop"]))).collect())
}

fn sorted(mut routes: Vec<Route>) -> Vec<Route> {
    routes
        .sort_by(|one, other| (&one.destination, &one.next_hop).cmp(&(&other.destination, &other.next_hop)));
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_set_as_a_whole() {
    let scene = Scene::start().await;
    let (id, _) = edge(&scene).await;
    let (a, b) = (route("0.0.0.0/0", "10.1.0.7"), route("192.168.0.0/16", "10.1.0.7"));
    let (c, d) = (route("192.168.0.0/16", "10.1.0.8"), route("192.168.1.9/32", "10.1.0.9"));
    for table in
        [vec![a.clone(), b.clone()], vec![b.clone(), c.clone()], vec![d, c, b.clone()], vec![b], vec![]]
    {
        let shown = router(scene.set_routes(&scene.tenant, &id, &table).await);
        let table = sorted(table);
        assert_eq!(sorted(shown.routes), table);
        assert_eq!(table_of(&scene, &id).await, table);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_as_it_is_stays_untouched() {
    let scene = Scene::start().await;
    let (id, _) = edge(&scene).await;
    let (a, b) = (route("0.0.0.0/0", "10.1.0.7"), route("192.168.0.0/16", "10.1.0.7"));
    let set = router(scene.set_routes(&scene.tenant, &id, &[a.clone(), b.clone()]).await);
    let revision = scene.one("routers", &id).await["revision_number"].clone();
    let again = router(scene.set_routes(&scene.tenant, &id, &[b, a]).await);
    assert_eq!(again, set);
    assert_eq!(scene.one("routers", &id).await["revision_number"], revision);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_be_leaves_the_old_one() {
    let scene = Scene::start().await;
    let (id, _) = edge(&scene).await;
    let old = [route("192.168.0.0/16", "10.1.0.7")];
    router(scene.set_routes(&scene.tenant, &id, &old).await);
    let good = route("172.16.0.0/12", "10.1.0.7");
    for (bad, says) in [
        (route("", "10.1.0.7"), "routes[1].destination"),
        (route("192.168.0.0", "10.1.0.7"), "routes[1].destination"),
        (route("192.168.0.9/16", "10.1.0.7"), "192.168.0.0/16"),
        (route("2001:db8::/32", "10.1.0.7"), "IPv6"),
        (route("192.168.0.0/33", "10.1.0.7"), "routes[1].destination"),
        (route("192.168.0.0/16", ""), "routes[1].next_hop"),
        (route("192.168.0.0/16", "2001:db8::1"), "routes[1].next_hop"),
        (route("192.168.0.0/16", "10.1.0.7/24"), "routes[1].next_hop"),
        (route("192.168.0.0/16", "0.0.0.0"), "routes[1].next_hop"),
        (route("192.168.0.0/16", "224.0.0.1"), "routes[1].next_hop"),
        (good.clone(), "routes[1]"),
        (route("192.168.0.0/16", "10.2.0.7"), "10.2.0.7 is in no subnet of the router"),
        (route("192.168.0.0/16", "10.1.0.1"), "10.1.0.1 is the router's own address"),
    ] {
        let answer = scene.set_routes(&scene.tenant, &id, &[good.clone(), bad.clone()]).await;
        assert_eq!((answer.code, answer.router), (INVALID, None), "{bad:?}: {}", answer.msg);
        assert!(answer.msg.contains("routes") && answer.msg.contains(says), "{bad:?}: {}", answer.msg);
    }
    let many: Vec<_> = (0..31).map(|n| route(&format!("192.168.{n}.0/24"), "10.1.0.7")).collect();
    let answer = scene.set_routes(&scene.tenant, &id, &many).await;
    assert_eq!(answer.code, INVALID, "{}", answer.msg);
    assert_eq!(table_of(&scene, &id).await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_that_a_route_needs_stays() {
    let scene = Scene::start().await;
    let (id, vpc) = edge(&scene).await;
    router(scene.set_routes(&scene.tenant, &id, &[route("192.168.0.0/16", "10.1.0.7")]).await);
    let before = scene.get_router(&scene.tenant, &id).await;
    let answer = scene.detach(&scene.tenant, &id, &vpc, "").await;
    assert_eq!(answer.code, CONFLICT, "{}", answer.msg);
    assert_eq!(scene.get_router(&scene.tenant, &id).await, before);
    router(scene.set_routes(&scene.tenant, &id, &[]).await);
    assert_eq!(router(scene.detach(&scene.tenant, &id, &vpc, "").await).subnets, []);
}
