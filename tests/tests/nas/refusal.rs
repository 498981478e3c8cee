//! Requests that cannot be right, and shares that the cloud cannot make: a definite code, a sentence that says why, and
//! nothing left.

use cloudsim::Failures;
use futures::future::join_all;
use patchbay::proto::nasdisk::CreateNasDiskReq;
use patchbay_tests::{Scene, needs_cloudsim};
use reqwest::Method;

use crate::call::{create, delete, mount_clients, network, new_share, nothing_left, share};
use crate::{CONFLICT, INTERNAL, INVALID, NOT_FOUND, NOTHING, QUOTA};

type Wrong = (&'static str, i32, fn(&mut CreateNasDiskReq));

/// The field, the code, and what is wrong.
const WRONG: [Wrong; 13] = [
    ("share_name", INVALID, |r| r.share_name = String::new()),
    ("share_name", INVALID, |r| r.share_name = "x".repeat(256)),
    ("share_name", INVALID, |r| r.share_name = "a\nb".to_owned()),
    ("share_desc", INVALID, |r| r.share_desc = "x".repeat(256)),
    ("share_proto", INVALID, |r| r.share_proto = String::new()),
    ("share_proto", INVALID, |r| r.share_proto = "AFS".to_owned()),
    ("share_size_in_g", INVALID, |r| r.share_size_in_g = 0),
    ("share_size_in_g", INVALID, |r| r.share_size_in_g = -1),
    ("quota", QUOTA, |r| r.share_size_in_g = 900_000),
    ("network_id", INVALID, |r| r.network_id = String::new()),
    ("network_id", INVALID, |r| r.network_id = "../x".to_owned()),
    ("network_id", NOT_FOUND, |r| r.network_id = NOTHING.to_owned()),
    ("region", INVALID, |r| r.region = "nowhere".to_owned()),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_cannot_be_is_not_made() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.23.0.0/24").await;
    for (field, code, spoil) in WRONG {
        let mut request = new_share(&scene, &network);
        spoil(&mut request);
        let answer = create(&scene, request).await;
        assert_eq!((answer.code, answer.nas_disk), (code, None), "{field}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{field:?} is not in {:?}", answer.msg);
    }
    nothing_left(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_there() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.24.0.0/24").await;
    let share = share(&scene, &network).await.share_id;
    let other = scene.deployment.tenant("other").await;
    for id in [share.as_str(), NOTHING] {
        assert_eq!(delete(&scene, &other, id).await.code, NOT_FOUND);
        assert_eq!(mount_clients(&scene, &other, id).await.code, NOT_FOUND);
    }
    let request = CreateNasDiskReq {
        tenant_id: other.id.clone(),
        apikey: other.apikey.clone(),
        ..new_share(&scene, &network)
    };
    let answer = create(&scene, request).await;
    assert_eq!((answer.code, answer.nas_disk), (NOT_FOUND, None), "{}", answer.msg);
    assert_eq!(scene.admin.shares(&scene.project).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_without_a_subnet_takes_no_share() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.25.0.0/24").await;
    for subnet in scene.owned("subnets").await {
        let path = format!("/subnets/{}", subnet["id"].as_str().unwrap());
        scene.admin.ask(Method::DELETE, "network", &path, None).await;
    }
    let answer = create(&scene, new_share(&scene, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (CONFLICT, None), "{}", answer.msg);
    nothing_left(&scene).await;
}

/// All addresses of the subnet are taken, and the share server would need some, which Manila finds out after it has answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_goes_to_error_says_why_and_goes() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.26.0.0/29").await;
    join_all((0..5).map(|n| scene.instance_in(["a", "b", "c", "d", "e"][n], &network))).await;
    let answer = create(&scene, new_share(&scene, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (INTERNAL, None), "{}", answer.msg);
    assert!(answer.msg.contains("create: "), "{}", answer.msg);
    nothing_left(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_full_says_so() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let network = network(&scene, "10.27.0.0/24").await;
    scene.deployment.cloudsim().set_failures(Failures { shares: 1, ..Failures::default() });
    let answer = create(&scene, new_share(&scene, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (QUOTA, None), "{}", answer.msg);
    assert!(answer.msg.contains("No storage could be allocated"), "{}", answer.msg);
    nothing_left(&scene).await;
}
