//! Quotas that do not allow it: RESOURCE_EXHAUSTED, and all stays as it was.

use patchbay_proto::clouddisk::cloud_disk_res::CloudDisk;
use patchbay_tests::Scene;
use reqwest::Method;
use serde_json::{Value, json};

use crate::QUOTA;
use crate::call::{Disks, refused, shown, size};

/// Gives the tenant this quota of Cinder's.
async fn allow(scene: &Scene, quota: Value) {
    let path = format!("/os-quota-sets/{}", scene.project);
    let set = scene.admin.ask(Method::PUT, "block-storage", &path, Some(json!({"quota_set": quota}))).await;
    assert!(set["quota_set"].is_object(), "{set}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_quota_does_not_allow_is_not_made() {
    let scene = Scene::start().await;
    let disk = scene.disk(2).await;
    let id = disk.volume_id.as_str();
    allow(&scene, json!({"gigabytes": 4})).await;
    refused(&scene.create(scene.new_disk(3)).await, QUOTA, &["quota"]);
    refused(&scene.resize(&scene.tenant, id, size(5)).await, QUOTA, &["quota", "size_in_g"]);
    refused(&scene.resize(&scene.tenant, id, size(i32::MAX)).await, QUOTA, &["quota"]);
    refused(&scene.create(scene.new_disk(i32::MAX)).await, QUOTA, &["quota"]);
    allow(&scene, json!({"gigabytes": 1000, "volumes": 1})).await;
    refused(&scene.create(scene.new_disk(1)).await, QUOTA, &["quota"]);
    let now = shown(scene.get(&scene.tenant, id).await);
    // Cinder takes the disk for a growth before it looks at the quota, and gives it back.
    assert_eq!(now, CloudDisk { updated_time: now.updated_time.clone(), ..disk.clone() });
    assert_eq!(scene.volumes().await.len(), 1);
}
