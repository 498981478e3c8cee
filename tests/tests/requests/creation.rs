//! `CreateInstance` with one thing wrong at a time.

use std::time::Duration;

use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{CloudDiskConf, CreateInstanceReq};
use patchbay_tests::{Deployment, wait_for};

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";

/// What is wrong, the code, the field that the sentence names, and the change of a good request.
type Case = (&'static str, i32, &'static str, fn(&mut CreateInstanceReq));

fn disk(size_in_g: i32) -> CloudDiskConf {
    CloudDiskConf { size_in_g, ..CloudDiskConf::default() }
}

const MISSING: [Case; 6] = [
    ("no name", INVALID, "instance_name", |r| r.instance_name.clear()),
    ("a blank name", INVALID, "instance_name", |r| r.instance_name = "  ".to_owned()),
    ("no flavor", INVALID, "flavor_ref", |r| r.flavor_ref.clear()),
    ("no image", INVALID, "image_ref", |r| r.image_ref.clear()),
    ("no network", INVALID, "network_uuid", |r| r.network_uuid.clear()),
    ("no system disk", INVALID, "system_disk", |r| r.system_disk = None),
];

const UNKNOWN: [Case; 6] = [
    ("an unknown flavor", NOT_FOUND, "flavor_ref", |r| r.flavor_ref = NOTHING.to_owned()),
    ("an unknown image", NOT_FOUND, "image_ref", |r| r.image_ref = NOTHING.to_owned()),
    ("an unknown network", NOT_FOUND, "network_uuid", |r| r.network_uuid = NOTHING.to_owned()),
    ("an unknown group", NOT_FOUND, "security_group_name", |r| {
        r.security_group_name = vec!["no-such-group".to_owned()];
    }),
    ("an unknown zone", NOT_FOUND, "availability_zone", |r| r.availability_zone = "moon".to_owned()),
    ("an unknown region", INVALID, "region", |r| r.region = "RegionNowhere".to_owned()),
];

const SIZES: [Case; 8] = [
    ("a system disk of 0", INVALID, "system_disk", |r| r.system_disk = Some(disk(0))),
    ("a negative system disk", INVALID, "system_disk", |r| r.system_disk = Some(disk(-1))),
    ("the smallest number", INVALID, "system_disk", |r| r.system_disk = Some(disk(i32::MIN))),
    ("a data disk of 0", INVALID, "data_disks", |r| r.data_disks = vec![disk(1), disk(0)]),
    ("a negative data disk", INVALID, "data_disks", |r| r.data_disks = vec![disk(-7)]),
    ("too many data disks", INVALID, "data_disks", |r| r.data_disks = vec![disk(1); 26]),
    ("too many groups", INVALID, "security_group_name", |r| {
        r.security_group_name = vec!["default".to_owned(); 65];
    }),
    ("a disk type too long", INVALID, "volume_type", |r| {
        r.system_disk = Some(CloudDiskConf { volume_type: "x".repeat(256), size_in_g: 1 });
    }),
];

const TEXTS: [Case; 11] = [
    ("a long name", INVALID, "instance_name", |r| r.instance_name = "云".repeat(256)),
    ("a line break in the name", INVALID, "instance_name", |r| r.instance_name = "web\n1".to_owned()),
    ("a zero in the name", INVALID, "instance_name", |r| r.instance_name = "web\0".to_owned()),
    ("an escape in the name", INVALID, "instance_name", |r| r.instance_name = "\u{1b}[31m".to_owned()),
    ("a way up", INVALID, "flavor_ref", |r| r.flavor_ref = "../servers".to_owned()),
    ("a query", INVALID, "flavor_ref", |r| r.flavor_ref = "1?all_tenants=1".to_owned()),
    ("an escaped slash", INVALID, "image_ref", |r| r.image_ref = "a%2fb".to_owned()),
    ("a long id", INVALID, "network_uuid", |r| r.network_uuid = "a".repeat(256)),
    ("a control character in a group", INVALID, "security_group_name", |r| {
        r.security_group_name = vec!["a\tb".to_owned()];
    }),
    ("a space in the zone", INVALID, "availability_zone", |r| r.availability_zone = "no va".to_owned()),
    ("a control character in the user", INVALID, "platform_userid", |r| {
        r.platform_userid = "u\r\nX-Admin: 1".to_owned();
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_wrong_is_named_and_nothing_is_made() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let admin = deployment.admin().await;
    let (offer, project) = (admin.offer().await, admin.project(&tenant.id).await);
    for (what, code, field, spoil) in MISSING.into_iter().chain(UNKNOWN).chain(SIZES).chain(TEXTS) {
        let mut request = tenant.instance(&offer, "web", &[1, 2]);
        spoil(&mut request);
        let answer = InstanceServiceClient::new(deployment.grpc()).create_instance(request).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!((answer.code, answer.instance), (code, None), "{what}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{what}: {}", answer.msg);
    }
    // Disks are made at the same time as the server, so those of a refused one are removed after the answer.
    wait_for("nothing to be left", Duration::from_secs(60), async || {
        let left = [admin.servers(&project).await, admin.volumes(&project).await].concat();
        left.is_empty().then_some(())
    })
    .await;
}
