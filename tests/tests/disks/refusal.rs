//! Requests that cannot be right: a definite code, a sentence that names the field, and nothing changed.

use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq};
use patchbay_tests::{Scene, needs_cloudsim};

use crate::call::{Disks, refused, shown, size};
use crate::{INVALID, NOT_FOUND, NOTHING};

type Wrong = (&'static str, i32, fn(&mut CreateCloudDiskReq));

/// The field, the code, and what is wrong.
const WRONG: [Wrong; 14] = [
    ("volume_name", INVALID, |r| r.volume_name = String::new()),
    ("volume_name", INVALID, |r| r.volume_name = "  ".to_owned()),
    ("volume_name", INVALID, |r| r.volume_name = "a\nb".to_owned()),
    ("volume_name", INVALID, |r| r.volume_name = "x".repeat(256)),
    ("volume_desc", INVALID, |r| r.volume_desc = "x".repeat(256)),
    ("cloud_disk_conf", INVALID, |r| r.cloud_disk_conf = None),
    ("size_in_g", INVALID, |r| r.cloud_disk_conf = Some(size(0))),
    ("size_in_g", INVALID, |r| r.cloud_disk_conf = Some(size(-1))),
    ("size_in_g", INVALID, |r| r.cloud_disk_conf = Some(size(i32::MIN))),
    ("volume_type", INVALID, |r| r.cloud_disk_conf = Some(of_type(&"x".repeat(256)))),
    ("volume_type", NOT_FOUND, |r| r.cloud_disk_conf = Some(of_type("nothing"))),
    ("availability_zone", INVALID, |r| r.availability_zone = "../x".to_owned()),
    ("availability_zone", NOT_FOUND, |r| r.availability_zone = "nothing".to_owned()),
    ("region", INVALID, |r| r.region = "nowhere".to_owned()),
];

fn of_type(volume_type: &str) -> CloudDiskConf {
    CloudDiskConf { volume_type: volume_type.to_owned(), size_in_g: 2 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_is_not_made() {
    let scene = Scene::start().await;
    for (field, code, spoil) in WRONG {
        let mut request = scene.new_disk(1);
        spoil(&mut request);
        refused(&scene.create(request).await, code, &[field]);
    }
    assert!(scene.volumes().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_changes_nothing() {
    let scene = Scene::start().await;
    let tenant = &scene.tenant;
    let disk = scene.disk(2).await;
    let id = disk.volume_id.as_str();
    for (conf, field) in [
        (size(2), "size_in_g"),
        (size(1), "size_in_g"),
        (size(0), "size_in_g"),
        (size(-3), "size_in_g"),
        (CloudDiskConf { size_in_g: 3, ..of_type("another") }, "volume_type"),
    ] {
        refused(&scene.resize(tenant, id, conf).await, INVALID, &[field]);
    }
    for (name, description, field) in [
        ("  ", "", "volume_name"),
        ("a\tb", "", "volume_name"),
        (&*"x".repeat(256), "", "volume_name"),
        ("", "a\0b", "volume_desc"),
        ("", &*"x".repeat(256), "volume_desc"),
    ] {
        refused(&scene.modify(tenant, id, name, description).await, INVALID, &[field]);
    }
    for (deed, instance, field) in [
        ("", NOTHING, "ops_type"),
        ("Attach", NOTHING, "ops_type"),
        ("delete", NOTHING, "ops_type"),
        ("attach", "", "instance_id"),
        ("detach", "../x", "instance_id"),
    ] {
        refused(&scene.operate(tenant, id, deed, instance).await, INVALID, &[field]);
    }
    assert_eq!(shown(scene.get(tenant, id).await), disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_by_itself_reaches_no_cloud() {
    needs_cloudsim!();
    let scene = Scene::start().await;
    let tenant = &scene.tenant;
    scene.deployment.cloudsim().clear_record();
    for id in ["", "..", "a/b", "a b"] {
        refused(&scene.get(tenant, id).await, INVALID, &["volume_id"]);
        refused(&scene.resize(tenant, id, size(3)).await, INVALID, &["volume_id"]);
        refused(&scene.modify(tenant, id, "n", "").await, INVALID, &["volume_id"]);
        refused(&scene.operate(tenant, id, "attach", NOTHING).await, INVALID, &["volume_id"]);
        assert_eq!(scene.delete(tenant, id).await.code, INVALID);
    }
    refused(&scene.create(scene.new_disk(0)).await, INVALID, &["size_in_g"]);
    assert_eq!(scene.deployment.cloudsim().requests(), []);
}

/// Of another tenant, or of nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_not_the_tenants_is_not_found() {
    let scene = Scene::start().await;
    let stranger = scene.deployment.tenant("stranger").await;
    let disk = scene.disk(1).await;
    let instance = scene.instance("web").await;
    for id in [disk.volume_id.as_str(), NOTHING, "detail", "summary", "nope"] {
        refused(&scene.get(&stranger, id).await, NOT_FOUND, &[id]);
        refused(&scene.resize(&stranger, id, size(3)).await, NOT_FOUND, &[id]);
        refused(&scene.modify(&stranger, id, "mine", "").await, NOT_FOUND, &[id]);
        for deed in ["attach", "detach"] {
            refused(&scene.operate(&stranger, id, deed, &instance).await, NOT_FOUND, &[id]);
        }
        let deleted = scene.delete(&stranger, id).await;
        assert_eq!(deleted.code, NOT_FOUND, "{}", deleted.msg);
    }
    assert_eq!(shown(scene.get(&scene.tenant, &disk.volume_id).await), disk);
}
