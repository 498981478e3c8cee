//! VPCs: made, read, changed; and whose they are.

use patchbay_proto::vpc::vpc_res::Vpc;
use patchbay_tests::Scene;

use crate::call::{Networks, vpc};
use crate::{INVALID, NOT_FOUND, NOTHING};

/// Nothing in the answer is an echo: the cloud tells its administrator the same.
async fn is_what_the_cloud_has(scene: &Scene, vpc: &Vpc) {
    let network = scene.one("networks", &vpc.vpc_id).await;
    assert_eq!(vpc.vpc_name, network["name"]);
    assert_eq!(vpc.vpc_desc, network["description"]);
    assert_eq!(vpc.vpc_status, network["status"]);
    assert_eq!(vpc.created_time, network["created_at"]);
    let subnets = scene.owned("subnets").await.into_iter();
    let subnets = subnets.filter(|subnet| subnet["network_id"] == *vpc.vpc_id);
    let cidrs: Vec<_> = subnets.map(|subnet| subnet["cidr"].as_str().unwrap().to_owned()).collect();
    assert_eq!(vpc.subnet, cidrs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vpc_is_made_read_and_changed() {
    let scene = Scene::start().await;
    let made = scene.create_vpc("net-1", "10.20.0.0/24").await;
    assert_eq!((made.vpc_name.as_str(), made.vpc_desc.as_str()), ("net-1", "for tests"));
    assert_eq!(
        (made.subnet.as_slice(), made.vpc_status.as_str()),
        (&["10.20.0.0/24".to_owned()][..], "ACTIVE")
    );
    assert!(!made.region.is_empty());
    is_what_the_cloud_has(&scene, &made).await;
    assert_eq!(vpc(scene.get_vpc(&scene.tenant, &made.vpc_id).await), made);

    let renamed = vpc(scene.set_vpc(&scene.tenant, &made.vpc_id, "net-2", "").await);
    assert_eq!(renamed, Vpc { vpc_name: "net-2".to_owned(), ..made.clone() });
    let described = vpc(scene.set_vpc(&scene.tenant, &made.vpc_id, "", "另一个").await);
    assert_eq!(described, Vpc { vpc_desc: "另一个".to_owned(), ..renamed });
    is_what_the_cloud_has(&scene, &described).await;
    let kept = vpc(scene.set_vpc(&scene.tenant, &made.vpc_id, "", "").await);
    assert_eq!(kept, described, "nothing asked for, nothing changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn vpcs_may_have_the_same_name_and_addresses() {
    let scene = Scene::start().await;
    let (one, other) =
        (scene.create_vpc("net", "10.0.0.0/29").await, scene.create_vpc("net", "10.0.0.0/29").await);
    assert_ne!(one.vpc_id, other.vpc_id);
    is_what_the_cloud_has(&scene, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_vpc_is_not_there() {
    let scene = Scene::start().await;
    let made = scene.create_vpc("net-1", "10.20.0.0/24").await;
    let stranger = scene.deployment.tenant("other").await;
    for id in [made.vpc_id.as_str(), NOTHING, "nothing"] {
        for answer in [scene.get_vpc(&stranger, id).await, scene.set_vpc(&stranger, id, "mine", "").await] {
            assert_eq!((answer.code, answer.vpc), (NOT_FOUND, None), "{id}: {}", answer.msg);
            assert!(answer.msg.contains(id), "{}", answer.msg);
        }
    }
    assert_eq!(vpc(scene.get_vpc(&scene.tenant, &made.vpc_id).await), made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_network_is_shown_and_not_changed() {
    let scene = Scene::start().await;
    let shared = scene.admin.offer().await.network;
    let before = vpc(scene.get_vpc(&scene.tenant, &shared).await);
    assert_eq!(before.vpc_name, "provider");
    let answer = scene.set_vpc(&scene.tenant, &shared, "mine", "").await;
    assert_eq!(answer.code, NOT_FOUND, "{}", answer.msg);
    assert_eq!(vpc(scene.get_vpc(&scene.tenant, &shared).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_names_its_field() {
    let scene = Scene::start().await;
    let made = scene.create_vpc("net-1", "10.20.0.0/24").await;
    let long = "x".repeat(256);
    for (id, name, description, field) in [
        ("", "a", "", "vpc_id"),
        ("../x", "a", "", "vpc_id"),
        (&made.vpc_id, &long, "", "vpc_name"),
        (&made.vpc_id, "a\u{1b}", "", "vpc_name"),
        (&made.vpc_id, "", &long, "vpc_desc"),
        (&made.vpc_id, "", "a\nb", "vpc_desc"),
    ] {
        let answer = scene.set_vpc(&scene.tenant, id, name, description).await;
        assert_eq!(answer.code, INVALID, "{field}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{field}: {}", answer.msg);
    }
    assert_eq!(vpc(scene.get_vpc(&scene.tenant, &made.vpc_id).await), made);
}
