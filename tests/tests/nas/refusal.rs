//! Requests that cannot be right, and shares that the cloud cannot make: a definite code, a sentence that says why, and
//! nothing left.

use cloudsim::Failures;
use futures::future::join_all;
use patchbay_proto::nasdisk::CreateNasDiskReq;
use patchbay_tests::{Scene, needs_cloudsim};
use reqwest::Method;

use crate::backend::{Backend, on_both};
use crate::call::{create, delete, mount_clients, network, new_share, nothing_left, share};
use crate::{CONFLICT, INTERNAL, INVALID, NOT_FOUND, NOTHING, QUOTA};

type Wrong = (&'static str, i32, fn(&mut CreateNasDiskReq));

/// The field, the code, and what is wrong.
const WRONG: [Wrong; 12] = [
    ("share_name", INVALID, |r| r.share_name = String::new()),
    ("share_name", INVALID, |r| r.share_name = "x".repeat(256)),
    ("share_name", INVALID, |r| r.share_name = "a\nb".to_owned()),
    ("share_desc", INVALID, |r| r.share_desc = "x".repeat(256)),
    ("share_proto", INVALID, |r| r.share_proto = String::new()),
    ("share_proto", INVALID, |r| r.share_proto = "AFS".to_owned()),
    ("share_size_in_g", INVALID, |r| r.share_size_in_g = 0),
    ("share_size_in_g", INVALID, |r| r.share_size_in_g = -1),
    ("network_id", INVALID, |r| r.network_id = String::new()),
    ("network_id", INVALID, |r| r.network_id = "../x".to_owned()),
    ("network_id", NOT_FOUND, |r| r.network_id = NOTHING.to_owned()),
    ("region", INVALID, |r| r.region = "nowhere".to_owned()),
];

on_both!(
    a_share_that_cannot_be_is_not_made,
    a_share_that_is_too_large_is_not_made,
    what_is_anothers_is_not_there,
    a_network_without_a_subnet_takes_no_share,
);

async fn a_share_that_cannot_be_is_not_made(backend: Backend) {
    let scene = Scene::start().await;
    let network = network(&scene, "10.23.0.0/24").await;
    for (field, code, spoil) in WRONG {
        let mut request = new_share(&scene, backend, &network);
        spoil(&mut request);
        let answer = create(&scene, request).await;
        assert_eq!((answer.code, answer.nas_disk), (code, None), "{field}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{field:?} is not in {:?}", answer.msg);
    }
    nothing_left(&scene, backend).await;
}

/// Manila has a quota, the array so many disks.
async fn a_share_that_is_too_large_is_not_made(backend: Backend) {
    let scene = Scene::start().await;
    let network = network(&scene, "10.30.0.0/24").await;
    let request = CreateNasDiskReq { share_size_in_g: 900_000, ..new_share(&scene, backend, &network) };
    let answer = create(&scene, request).await;
    assert_eq!((answer.code, answer.nas_disk), (QUOTA, None), "{}", answer.msg);
    assert!(["quota", "no room"].iter().any(|says| answer.msg.contains(says)), "{}", answer.msg);
    nothing_left(&scene, backend).await;
}

async fn what_is_anothers_is_not_there(backend: Backend) {
    let scene = Scene::start().await;
    let network = network(&scene, "10.24.0.0/24").await;
    let share = share(&scene, backend, &network).await.share_id;
    let other = scene.deployment.tenant("other").await;
    for id in [share.as_str(), NOTHING] {
        assert_eq!(delete(&scene, &other, id).await.code, NOT_FOUND);
        assert_eq!(mount_clients(&scene, &other, id).await.code, NOT_FOUND);
    }
    let request = CreateNasDiskReq {
        tenant_id: other.id.clone(),
        apikey: other.apikey.clone(),
        ..new_share(&scene, backend, &network)
    };
    let answer = create(&scene, request).await;
    assert_eq!((answer.code, answer.nas_disk), (NOT_FOUND, None), "{}", answer.msg);
    assert_eq!(backend.shares(&scene).await.len(), 1);
}

async fn a_network_without_a_subnet_takes_no_share(backend: Backend) {
    let scene = Scene::start().await;
    let network = network(&scene, "10.25.0.0/24").await;
    for subnet in scene.owned("subnets").await {
        let path = format!("/subnets/{}", subnet["id"].as_str().unwrap());
        scene.admin.ask(Method::DELETE, "network", &path, None).await;
    }
    let answer = create(&scene, new_share(&scene, backend, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (CONFLICT, None), "{}", answer.msg);
    nothing_left(&scene, backend).await;
}

/// All addresses of the subnet are taken, and the share server would need some, which Manila finds out after it has answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_goes_to_error_says_why_and_goes() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.26.0.0/29").await;
    join_all((0..5).map(|n| scene.instance_in(["a", "b", "c", "d", "e"][n], &network))).await;
    let answer = create(&scene, new_share(&scene, Backend::Manila, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (INTERNAL, None), "{}", answer.msg);
    assert!(answer.msg.contains("create: "), "{}", answer.msg);
    nothing_left(&scene, Backend::Manila).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_full_says_so() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let network = network(&scene, "10.27.0.0/24").await;
    scene.deployment.cloudsim().set_failures(Failures { shares: 1, ..Failures::default() });
    let answer = create(&scene, new_share(&scene, Backend::Manila, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (QUOTA, None), "{}", answer.msg);
    assert!(answer.msg.contains("No storage could be allocated"), "{}", answer.msg);
    nothing_left(&scene, Backend::Manila).await;
}

/// The array answers, and its job fails afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_volume_whose_job_fails_is_no_share() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.31.0.0/24").await;
    let failures = Failures { array_volumes: 1, ..Failures::default() };
    scene.deployment.array_control().set_failures(failures);
    let answer = create(&scene, new_share(&scene, Backend::Ontap, &network)).await;
    assert_eq!((answer.code, answer.nas_disk), (INTERNAL, None), "{}", answer.msg);
    assert!(answer.msg.starts_with("The array failed to make the share. ("), "{}", answer.msg);
    nothing_left(&scene, Backend::Ontap).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_array_serves_nfs_alone() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.32.0.0/24").await;
    let request =
        CreateNasDiskReq { share_proto: "cifs".to_owned(), ..new_share(&scene, Backend::Ontap, &network) };
    let answer = create(&scene, request).await;
    assert_eq!((answer.code, answer.nas_disk), (INVALID, None), "{}", answer.msg);
    assert!(answer.msg.contains("share_proto") && answer.msg.contains("CIFS"), "{}", answer.msg);
    nothing_left(&scene, Backend::Ontap).await;
}
