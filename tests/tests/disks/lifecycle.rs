//! Every RPC, on both clouds. What is answered is compared with what the cloud tells its administrator.

use patchbay_proto::clouddisk::cloud_disk_res::CloudDisk;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, wait_for};

use crate::NOT_FOUND;
use crate::call::{Disks, shown, size};

/// Nothing in the answer is an echo: the cloud tells its administrator the same.
async fn is_what_the_cloud_has(scene: &Scene, disk: &CloudDisk) {
    let volume = scene.volume(&disk.volume_id).await;
    let conf = disk.cloud_disk_conf.clone().unwrap();
    assert_eq!(disk.volume_name, volume["name"]);
    assert_eq!(disk.volume_desc, volume["description"]);
    assert_eq!(disk.availability_zone, volume["availability_zone"]);
    assert_eq!((conf.volume_type.as_str(), i64::from(conf.size_in_g)), {
        (volume["volume_type"].as_str().unwrap(), volume["size"].as_i64().unwrap())
    });
    assert_eq!(disk.volume_status, volume["status"]);
    assert_eq!(disk.created_time, time(&volume["created_at"]));
    assert_eq!(disk.updated_time, time(&volume["updated_at"]));
    let attachment = &volume["attachments"][0];
    let text = |field: &str| attachment[field].as_str().unwrap_or_default();
    assert_eq!(disk.attach_instance_id, text("server_id"));
    assert_eq!(disk.attach_instance_device, text("device"));
    assert_eq!(disk.attached_time, time(&attachment["attached_at"]));
}

/// Of which the call has answered already.
async fn attached(scene: &Scene, id: &str, instance: &str) -> CloudDisk {
    shown(scene.operate(&scene.tenant, id, "attach", instance).await);
    scene.settled(id, "in-use", |disk| disk.attach_instance_id == instance).await
}

async fn grown(scene: &Scene, id: &str, status: &str, to: i32) -> CloudDisk {
    shown(scene.resize(&scene.tenant, id, size(to)).await);
    let has = |disk: &CloudDisk| disk.cloud_disk_conf.as_ref().is_some_and(|conf| conf.size_in_g == to);
    scene.settled(id, status, has).await
}

/// "2026-11-23T09:24:01.000000" as RFC 3339.
fn time(cinders: &serde_json::Value) -> String {
    let seconds = cinders.as_str().and_then(|text| text.split('.').next());
    seconds.map(|seconds| format!("{seconds}Z")).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_lives() {
    let scene = Scene::start().await;
    let made = scene.disk(1).await;
    assert_eq!((made.volume_name.as_str(), made.volume_desc.as_str()), ("data-1", "for tests"));
    assert!(!made.region.is_empty() && made.attach_instance_id.is_empty());
    is_what_the_cloud_has(&scene, &made).await;

    let id = made.volume_id.as_str();
    let renamed = shown(scene.modify(&scene.tenant, id, "data-2", "").await);
    assert_eq!((renamed.volume_name.as_str(), renamed.volume_desc.as_str()), ("data-2", "for tests"));
    let described = shown(scene.modify(&scene.tenant, id, "", "云硬盘").await);
    assert_eq!((described.volume_name.as_str(), described.volume_desc.as_str()), ("data-2", "云硬盘"));
    assert_eq!(shown(scene.modify(&scene.tenant, id, "", "").await), described, "nothing was asked for");
    is_what_the_cloud_has(&scene, &described).await;
    is_what_the_cloud_has(&scene, &grown(&scene, id, "available", 2).await).await;

    let instance = scene.instance("web").await;
    let attached = attached(&scene, id, &instance).await;
    assert!(attached.attach_instance_device.starts_with("/dev/"), "{attached:?}");
    assert!(!attached.attached_time.is_empty());
    is_what_the_cloud_has(&scene, &attached).await;
    is_what_the_cloud_has(&scene, &grown(&scene, id, "in-use", 3).await).await;

    shown(scene.operate(&scene.tenant, id, "detach", &instance).await);
    let free = scene.settled(id, "available", |disk| disk.attach_instance_id.is_empty()).await;
    assert_eq!((free.attach_instance_device.as_str(), free.attached_time.as_str()), ("", ""));
    is_what_the_cloud_has(&scene, &free).await;

    let gone = scene.delete(&scene.tenant, id).await;
    assert_eq!((gone.code, gone.volume_id.as_str()), (0, id), "{}", gone.msg);
    wait_for("the disk to be gone", END_MAX, async || {
        (scene.get(&scene.tenant, id).await.code == NOT_FOUND).then_some(())
    })
    .await;
    assert!(scene.volumes().await.iter().all(|volume| volume["id"] != id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_is_made_as_it_is_asked_for() {
    let scene = Scene::start().await;
    let first = scene.disk(1).await;
    let conf = first.cloud_disk_conf.clone().unwrap();
    let mut request = scene.new_disk(2);
    request.availability_zone.clone_from(&first.availability_zone);
    request.region.clone_from(&first.region);
    request.cloud_disk_conf.as_mut().unwrap().volume_type.clone_from(&conf.volume_type);
    request.volume_desc = String::new();
    let made = shown(scene.create(request).await);
    let made = scene.settled(&made.volume_id, "available", |_| true).await;
    assert_eq!(made.availability_zone, first.availability_zone);
    assert_eq!(made.region, first.region);
    assert_eq!(made.cloud_disk_conf.as_ref().unwrap().volume_type, conf.volume_type);
    assert_eq!(made.volume_desc, "");
    is_what_the_cloud_has(&scene, &made).await;
}
