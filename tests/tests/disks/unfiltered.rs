//! A cloud that ignores the filters of its lists: what a tenant has beside a disk that fails stays.

use cloudsim::{Failures, Service};
use patchbay_tests::operation::all_ended;
use patchbay_tests::{Scene, needs_cloudsim};

use crate::call::{Disks, refused, shown};
use crate::{CONFLICT, NOT_FOUND, NOTHING};

/// The ids of the tenant's volumes.
async fn volumes(scene: &Scene) -> Vec<String> {
    let mut ids: Vec<_> = scene.volumes().await.iter().map(|volume| volume["id"].to_string()).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_takes_no_other_along() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let cloud = scene.deployment.cloudsim();
    scene.disk(1).await;
    scene.disk(2).await;
    let before = volumes(&scene).await;
    cloud.set_filters_ignored(&Service::ALL);
    cloud.set_failures(Failures { volumes: 1, ..Failures::default() });
    let answer = scene.create(scene.new_disk(3)).await;
    assert_ne!(answer.code, 0, "{}", answer.msg);
    all_ended(&scene.deployment.operations().await).await;
    cloud.set_filters_ignored(&[]);
    assert_eq!(volumes(&scene).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_nothing_looks_for_nothing() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let (tenant, cloud) = (&scene.tenant, scene.deployment.cloudsim());
    let instance = scene.instance("web").await;
    let (attached, free) = (scene.disk(1).await.volume_id, scene.disk(1).await.volume_id);
    shown(scene.operate(tenant, &attached, "attach", &instance).await);
    scene.settled(&attached, "in-use", |_| true).await;
    let before = volumes(&scene).await;
    cloud.clear_record();
    cloud.set_filters_ignored(&Service::ALL);
    refused(&scene.operate(tenant, &attached, "attach", &instance).await, CONFLICT, &["already"]);
    refused(&scene.operate(tenant, &free, "detach", &instance).await, CONFLICT, &["not attached"]);
    refused(&scene.modify(tenant, NOTHING, "other", "").await, NOT_FOUND, &[NOTHING]);
    assert_eq!(scene.delete(tenant, &attached).await.code, CONFLICT);
    all_ended(&scene.deployment.operations().await).await;
    cloud.set_filters_ignored(&[]);
    let lists = cloud.requests().into_iter().filter(|request| request.path.contains("/detail"));
    assert_eq!(lists.count(), 0, "nothing was made that could be looked for");
    assert_eq!(volumes(&scene).await, before);
}
