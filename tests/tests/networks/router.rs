//! Routers: made, read, listed, changed, deleted; and whose they are.

use patchbay_proto::route::router_res::Router;
use patchbay_proto::route::{CreateRouterReq, ListRoutersReq};
use patchbay_tests::admin::text;
use patchbay_tests::{Scene, Tenant};
use reqwest::Method;
use serde_json::{Value, json};

use crate::call::{Networks, router};
use crate::routes::route;
use crate::{CONFLICT, INVALID, NOT_FOUND, NOTHING};

/// The addresses that a router has its VPCs in.
fn joined(router: &Router) -> Vec<(&str, &str, &str)> {
    let subnets = router.subnets.iter();
    let mut joined: Vec<_> =
        subnets.map(|s| (s.vpc_id.as_str(), s.subnet.as_str(), s.router_address.as_str())).collect();
    joined.sort_by_key(|(_, subnet, _)| *subnet);
    joined
}

async fn page(scene: &Scene, tenant: &Tenant, page_number: i32, page_size: i32) -> Vec<Router> {
    let request = ListRoutersReq { page_number, page_size, ..tenant.request() };
    let answer = scene.routers().list_routers(request).await.unwrap().into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.routers
}

/// A port in the VPC, and an address of the network outside that leads to it.
async fn float(scene: &Scene, vpc: &str, outside: &str) -> (Value, Value) {
    let port = json!({"port": {"network_id": vpc}});
    let port = scene.admin.ask(Method::POST, "network", "/ports", Some(port)).await["port"].clone();
    let floating = json!({"floatingip": {
        "floating_network_id": outside, "port_id": port["id"], "project_id": scene.project,
    }});
    let floating = scene.admin.ask(Method::POST, "network", "/floatingips", Some(floating)).await;
    (port, floating["floatingip"].clone())
}

async fn remove(scene: &Scene, kind: &str, resource: &Value) {
    let path = format!("/{kind}/{}", text(&resource["id"]));
    scene.admin.ask(Method::DELETE, "network", &path, None).await;
}

/// Nothing in the answer is an echo: the cloud tells its administrator the same.
async fn is_what_the_cloud_has_of(scene: &Scene, router: &Router) {
    let record = scene.one("routers", &router.router_id).await;
    assert_eq!(router.router_name, record["name"]);
    assert_eq!(router.router_desc, record["description"]);
    assert_eq!(router.router_status, record["status"]);
    assert_eq!(router.created_time, record["created_at"]);
    assert_eq!(router.updated_time, record["updated_at"]);
    let outside = record["external_gateway_info"]["network_id"].as_str().unwrap_or_default();
    assert_eq!(router.external_network_id, outside);
    let ports = scene.owned("ports").await.into_iter();
    let ports: Vec<_> = ports.filter(|port| port["device_id"] == *router.router_id).collect();
    assert_eq!(router.subnets.len(), ports.len());
    for subnet in &router.subnets {
        let at = |port: &&Value| port["fixed_ips"][0]["subnet_id"] == *subnet.subnet_id;
        let port = ports.iter().find(at).unwrap();
        assert_eq!(subnet.router_address, port["fixed_ips"][0]["ip_address"]);
        assert_eq!(subnet.vpc_id, port["network_id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_lives() {
    let scene = Scene::start().await;
    let (one, two) =
        (scene.create_vpc("net-1", "10.1.0.0/24").await, scene.create_vpc("net-2", "10.2.0.0/24").await);
    let request = CreateRouterReq {
        vpc_ids: vec![one.vpc_id.clone()],
        external_network_id: scene.outside().await,
        router_desc: "边缘".to_owned(),
        ..scene.new_router("edge")
    };
    let made = scene.create_router(request).await;
    assert_eq!((made.router_name.as_str(), made.router_desc.as_str()), ("edge", "边缘"));
    assert_eq!(joined(&made), [(one.vpc_id.as_str(), "10.1.0.0/24", "10.1.0.1")]);
    assert_eq!(
        (made.external_network_id.as_str(), made.external_addresses.len()),
        (&*scene.outside().await, 1)
    );
    assert_eq!(made.router_status, "ACTIVE");
    is_what_the_cloud_has_of(&scene, &made).await;

    let id = made.router_id.as_str();
    let both = router(scene.attach(&scene.tenant, id, &two.vpc_id, "").await);
    let (of_one, of_two) =
        ((one.vpc_id.as_str(), "10.1.0.0/24", "10.1.0.1"), (two.vpc_id.as_str(), "10.2.0.0/24", "10.2.0.1"));
    assert_eq!(joined(&both), [of_one, of_two]);
    is_what_the_cloud_has_of(&scene, &both).await;
    let again = router(scene.attach(&scene.tenant, id, &two.vpc_id, "10.2.0.0/24").await);
    assert_eq!(joined(&again), joined(&both), "what is attached may be attached");

    let left = router(scene.detach(&scene.tenant, id, &one.vpc_id, "10.1.0.0/24").await);
    assert_eq!(joined(&left), [of_two]);
    let routed = router(scene.set_routes(&scene.tenant, id, &[route("192.168.0.0/16", "10.2.0.9")]).await);
    assert_eq!(scene.get_router(&scene.tenant, id).await.router, Some(routed));

    let deleted = scene.delete_router(&scene.tenant, id).await;
    assert_eq!((deleted.code, deleted.router_id.as_str()), (0, id), "{}", deleted.msg);
    assert!(!deleted.deleted_time.is_empty());
    assert_eq!(scene.get_router(&scene.tenant, id).await.code, NOT_FOUND);
    assert_eq!(scene.owned("routers").await.len(), 0);
    assert_eq!(scene.owned("subnets").await.len(), 2, "its VPCs stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_routers_are_the_list_in_pieces() {
    let scene = Scene::start().await;
    let vpc = scene.create_vpc("net-1", "10.1.0.0/24").await;
    let mut made = Vec::new();
    for name in ["a", "b", "c"] {
        let vpc_ids = if name == "b" { vec![vpc.vpc_id.clone()] } else { Vec::new() };
        made.push(scene.create_router(CreateRouterReq { vpc_ids, ..scene.new_router(name) }).await);
    }
    made.sort_by(|one, other| one.router_id.cmp(&other.router_id));
    let mut read = Vec::new();
    for (page_number, size) in [(1, 2), (2, 1), (3, 0)] {
        let page = page(&scene, &scene.tenant, page_number, 2).await;
        assert_eq!(page.len(), size, "page {page_number}");
        read.extend(page);
    }
    read.sort_by(|one, other| one.router_id.cmp(&other.router_id));
    assert_eq!(read, made, "a list shows its routers as whole as a single look");
    let stranger = scene.deployment.tenant("other").await;
    assert_eq!(page(&scene, &stranger, 1, 0).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_router_or_vpc_is_not_there() {
    let scene = Scene::start().await;
    let vpc = scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id;
    let request = CreateRouterReq { vpc_ids: vec![vpc.clone()], ..scene.new_router("edge") };
    let edge = scene.create_router(request).await;
    let (tenant, stranger) = (&scene.tenant, scene.deployment.tenant("other").await);
    for id in [edge.router_id.as_str(), NOTHING, "nothing"] {
        let deleted = scene.delete_router(&stranger, id).await;
        let mut outcomes = vec![(deleted.code, deleted.msg)];
        for answer in [
            scene.get_router(&stranger, id).await,
            scene.attach(&stranger, id, &vpc, "").await,
            scene.detach(&stranger, id, &vpc, "").await,
            scene.set_routes(&stranger, id, &[]).await,
        ] {
            assert_eq!(answer.router, None);
            outcomes.push((answer.code, answer.msg));
        }
        for (code, msg) in outcomes {
            assert_eq!(code, NOT_FOUND, "{msg}");
            assert!(msg.contains(id), "{msg}");
        }
    }
    let shared = scene.admin.offer().await.network;
    let other = scene.create_router(scene.new_router("other")).await.router_id;
    for id in [NOTHING, &shared] {
        for answer in [scene.attach(tenant, &other, id, "").await, scene.detach(tenant, &other, id, "").await]
        {
            assert_eq!(answer.code, NOT_FOUND, "{}", answer.msg);
            assert!(answer.msg.contains(id), "{}", answer.msg);
        }
    }
    assert_eq!(scene.get_router(tenant, &edge.router_id).await.router, Some(edge));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_that_cannot_be_attached_changes_nothing() {
    let scene = Scene::start().await;
    let (tenant, vpc) = (&scene.tenant, scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id);
    let overlapping = scene.create_vpc("net-2", "10.0.0.0/8").await.vpc_id;
    let request = CreateRouterReq { vpc_ids: vec![vpc.clone()], ..scene.new_router("edge") };
    let edge = scene.create_router(request).await;
    let bare = scene.create_router(scene.new_router("bare")).await;
    for (router, vpc, subnet, code, says) in [
        (&edge, &overlapping, "", INVALID, "subnet: 10.0.0.0/8 overlaps 10.1.0.0/24"),
        (&edge, &vpc, "10.9.0.0/24", NOT_FOUND, "subnet: there is no 10.9.0.0/24"),
        (&edge, &vpc, "10.1.0.7/24", INVALID, "subnet must"),
        (&edge, &vpc, "2001:db8::/64", INVALID, "IPv6"),
        (&edge, &String::new(), "", INVALID, "vpc_id"),
        (&bare, &vpc, "", CONFLICT, "taken"),
    ] {
        let answer = scene.attach(tenant, &router.router_id, vpc, subnet).await;
        assert_eq!(answer.code, code, "{subnet}: {}", answer.msg);
        assert!(answer.msg.contains(says), "{}", answer.msg);
        assert_eq!(scene.get_router(tenant, &router.router_id).await.router.as_ref(), Some(router));
    }
    let answer = scene.detach(tenant, &bare.router_id, &vpc, "").await;
    assert_eq!(answer.code, NOT_FOUND, "{}", answer.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_a_floating_address_needs_stays() {
    let scene = Scene::start().await;
    let vpc = scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id;
    let external_network_id = scene.outside().await;
    let request =
        CreateRouterReq { vpc_ids: vec![vpc.clone()], external_network_id, ..scene.new_router("edge") };
    let id = scene.create_router(request).await.router_id;
    let made = router(scene.set_routes(&scene.tenant, &id, &[route("192.168.0.0/16", "10.1.0.9")]).await);
    let (port, floating) = float(&scene, &vpc, &made.external_network_id).await;

    let refused = scene.delete_router(&scene.tenant, &id).await;
    assert_eq!(refused.code, CONFLICT, "{}", refused.msg);
    assert!(refused.msg.contains(floating["floating_ip_address"].as_str().unwrap()), "{}", refused.msg);
    router(scene.set_routes(&scene.tenant, &id, &[]).await);
    let refused = scene.detach(&scene.tenant, &id, &vpc, "").await;
    assert_eq!(refused.code, CONFLICT, "{}", refused.msg);
    assert_eq!(router(scene.set_routes(&scene.tenant, &id, &made.routes).await).subnets, made.subnets);

    remove(&scene, "floatingips", &floating).await;
    remove(&scene, "ports", &port).await;
    let deleted = scene.delete_router(&scene.tenant, &id).await;
    assert_eq!(deleted.code, 0, "{}", deleted.msg);
}
