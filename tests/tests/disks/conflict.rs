//! Disks that are not in a state for what is asked: each refusal says what holds, and it goes on holding.

use patchbay_proto::clouddisk::cloud_disk_res::CloudDisk;
use patchbay_tests::Scene;
use patchbay_tests::admin::text;

use crate::call::{Disks, refused, shown, size};
use crate::{CONFLICT, NOT_FOUND, NOTHING};

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_disk_stays_where_it_is() {
    let scene = Scene::start().await;
    let tenant = &scene.tenant;
    let (here, there) = (scene.instance("here").await, scene.instance("there").await);
    let disk = scene.disk(1).await;
    let id = disk.volume_id.as_str();
    refused(&scene.operate(tenant, id, "detach", &here).await, CONFLICT, &[id, &here, "available"]);
    refused(&scene.operate(tenant, id, "detach", NOTHING).await, NOT_FOUND, &[NOTHING]);
    refused(&scene.operate(tenant, id, "attach", NOTHING).await, NOT_FOUND, &[NOTHING]);
    assert_eq!(shown(scene.get(tenant, id).await), disk);

    shown(scene.operate(tenant, id, "attach", &here).await);
    let attached = scene.settled(id, "in-use", |disk| disk.attach_instance_id == here).await;
    refused(&scene.operate(tenant, id, "attach", &here).await, CONFLICT, &[id, &here, "already"]);
    refused(&scene.operate(tenant, id, "attach", &there).await, CONFLICT, &[id, &here, "detach"]);
    refused(&scene.operate(tenant, id, "detach", &there).await, CONFLICT, &[id, &here, &there]);
    refused(&scene.operate(tenant, id, "detach", NOTHING).await, NOT_FOUND, &[NOTHING]);
    let deleted = scene.delete(tenant, id).await;
    assert_eq!((deleted.code, deleted.volume_id.as_str()), (CONFLICT, ""), "{}", deleted.msg);
    assert!(deleted.msg.contains(&here) && deleted.msg.contains("detach"), "{}", deleted.msg);
    assert_eq!(shown(scene.get(tenant, id).await), attached);
}

/// Both may find the disk free; the cloud lets one have it.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_instances_one_gets_the_disk() {
    let scene = Scene::start().await;
    let (here, there) = (scene.instance("here").await, scene.instance("there").await);
    let id = scene.disk(1).await.volume_id;
    let attach = |instance| scene.operate(&scene.tenant, &id, "attach", instance);
    let (one, other) = tokio::join!(attach(&here), attach(&there));
    let (won, lost) = if one.code == 0 { (&here, other) } else { (&there, one) };
    refused(&lost, CONFLICT, &[&id]);
    scene.settled(&id, "in-use", |disk| disk.attach_instance_id == *won).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_disk_stays_with_its_instance() {
    let scene = Scene::start().await;
    let tenant = &scene.tenant;
    let instance = scene.instance("web").await;
    let id = text(&scene.volumes().await[0]["id"]);
    refused(
        &scene.operate(tenant, &id, "detach", &instance).await,
        CONFLICT,
        &[&id, &instance, "system disk"],
    );
    let deleted = scene.delete(tenant, &id).await;
    assert_eq!(deleted.code, CONFLICT, "{}", deleted.msg);
    let disk = scene.settled(&id, "in-use", |_| true).await;
    assert_eq!(disk.attach_instance_id, instance);

    shown(scene.resize(tenant, &id, size(2)).await);
    let has_grown = |disk: &CloudDisk| disk.cloud_disk_conf.as_ref().is_some_and(|conf| conf.size_in_g == 2);
    scene.settled(&id, "in-use", has_grown).await;
}
