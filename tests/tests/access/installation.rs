//! One cloud and more than one database: another installation's, one that was lost, one that was restored. No tenant gets what
//! another has there, and no id is given twice.

use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq, DeleteCloudDiskReq, GetCloudDiskReq};
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{DeleteInstanceReq, GetInstanceReq};
use patchbay_proto::oss::oss_service_client::OssServiceClient;
use patchbay_proto::oss::{CreateUserAndBucketReq, ListBucketsInfoReq, RecoverKeyReq, SetOssUserQuotaReq};
use patchbay_tests::tenant::USER;
use patchbay_tests::{Deployment, Scene, Tenant};
use rusty_s3::Method;
use uuid::Uuid;

const NOT_FOUND: i32 = 5;
const CONFLICT: i32 = 9;
const UNAUTHENTICATED: i32 = 16;

/// What a tenant has in the cloud.
pub(crate) struct Owned {
    instance: String,
    disk: String,
    account: String,
    pub(crate) access_key: String,
}

/// An instance, a disk, and an account with a bucket.
pub(crate) async fn owned(scene: &Scene) -> Owned {
    let (host, tenant) = (scene.deployment.grpc(), &scene.tenant);
    let instance = scene.instance("web").await;
    let conf = Some(CloudDiskConf { size_in_g: 1, ..CloudDiskConf::default() });
    let (volume_name, cloud_disk_conf) = ("data".to_owned(), conf);
    let disk = CreateCloudDiskReq { volume_name, cloud_disk_conf, ..tenant.request() };
    let disk = CloudDiskServiceClient::new(host.clone()).create_cloud_disk(disk).await.unwrap().into_inner();
    let bucket = CreateUserAndBucketReq { bucket_name: bucket_name(), ..tenant.request() };
    let bucket = OssServiceClient::new(host).create_user_and_bucket(bucket).await.unwrap().into_inner();
    assert_eq!((disk.code, bucket.code), (0, 0), "{} {}", disk.msg, bucket.msg);
    Owned {
        instance,
        disk: disk.cloud_disk.unwrap().volume_id,
        account: bucket.oss_user.unwrap().oss_uid,
        access_key: bucket.oss_access_key,
    }
}

/// What the tenant is answered when it reads each of them, and the key that it is told.
pub(crate) async fn read(host: &Deployment, tenant: &Tenant, owned: &Owned) -> ([i32; 3], String) {
    let (instance_id, volume_id, oss_uid) =
        (owned.instance.clone(), owned.disk.clone(), owned.account.clone());
    let instance = GetInstanceReq { instance_id, ..tenant.request() };
    let instance = InstanceServiceClient::new(host.grpc()).get_instance(instance).await.unwrap();
    let disk = GetCloudDiskReq { volume_id, ..tenant.request() };
    let disk = CloudDiskServiceClient::new(host.grpc()).get_cloud_disk(disk).await.unwrap();
    let key = RecoverKeyReq { oss_uid, ..tenant.request() };
    let key = OssServiceClient::new(host.grpc()).recover_key(key).await.unwrap().into_inner();
    ([instance.into_inner().code, disk.into_inner().code, key.code], key.oss_access_key)
}

/// What it is answered when it removes the instance and the disk.
pub(crate) async fn remove(host: &Deployment, tenant: &Tenant, owned: &Owned) -> [i32; 2] {
    let (instance_id, volume_id) = (owned.instance.clone(), owned.disk.clone());
    let instance = DeleteInstanceReq { instance_id, ..tenant.request() };
    let instance = InstanceServiceClient::new(host.grpc()).delete_instance(instance).await.unwrap();
    let disk = DeleteCloudDiskReq { volume_id, ..tenant.request() };
    let disk = CloudDiskServiceClient::new(host.grpc()).delete_cloud_disk(disk).await.unwrap();
    [instance.into_inner().code, disk.into_inner().code]
}

fn bucket_name() -> String {
    format!("photos-{}", Uuid::new_v4())
}

/// Reads nothing and removes nothing of another's.
async fn is_kept_out(host: &Deployment, tenant: &Tenant, owned: &Owned) {
    assert_eq!(read(host, tenant, owned).await, ([NOT_FOUND; 3], String::new()), "{tenant:?}");
    assert_eq!(remove(host, tenant, owned).await, [NOT_FOUND; 2], "{tenant:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_database_was_lost_nothing_is_adopted() {
    let mut scene = Scene::start().await;
    let (before, old) = (owned(&scene).await, scene.tenant.clone());
    scene.deployment.lose_database().await;
    let host = &scene.deployment;
    let new = host.tenant("acme").await;
    assert_ne!(new.id, old.id);
    is_kept_out(host, &new, &before).await;
    assert_eq!(read(host, &old, &before).await.0, [UNAUTHENTICATED; 3], "nor is the old one let in");
    assert_eq!(scene.admin.servers(&scene.project).await.len(), 1, "it is still there");
    assert_eq!(host.gateway(0).accounts(&old.id).await, [before.account]);
    assert!(host.foreign_from(&old.id).await.is_some_and(|from| !from.is_empty()), "the operator sees it");
    assert_eq!(host.foreign_from(&new.id).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_gives_no_id_twice() {
    let deployment = Deployment::start().await;
    let first = deployment.tenant("first").await;
    let mut scene = Scene::of(deployment).await;
    scene.deployment.back_up().await;
    scene = scene.next("late").await;
    let (before, late) = (owned(&scene).await, scene.tenant.clone());
    scene.deployment.restore().await;
    let host = &scene.deployment;
    let again = host.tenant("late").await;
    assert!(![&first.id, &late.id].contains(&&again.id), "{}", again.id);
    is_kept_out(host, &again, &before).await;
    assert_eq!(
        host.foreign_from(&late.id).await,
        Some(host.foreign().await.installation),
        "its own, without a row"
    );
    assert_eq!(host.foreign_from(&first.id).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_installations_on_one_cloud_do_not_meet() {
    let scene = Scene::start().await;
    let theirs = owned(&scene).await;
    let second = scene.deployment.beside().await;
    let own = second.tenant("acme").await;
    assert_ne!(own.id, scene.tenant.id);
    is_kept_out(&second, &own, &theirs).await;
    let (one, two) = (scene.deployment.foreign().await.installation, second.foreign().await.installation);
    assert_ne!(one, two);
    assert_eq!(second.foreign_from(&scene.tenant.id).await, Some(one));
    assert_eq!(scene.deployment.foreign_from(&own.id).await, Some(two));
    assert_eq!(read(&scene.deployment, &scene.tenant, &theirs).await, ([0; 3], theirs.access_key));
}

/// The gateway has one space of names: an account of the tenant's id, whoever made it.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_another_mark_is_not_the_tenants() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let gateway = host.gateway(0);
    let uid = format!("{}.{USER}", tenant.id);
    let mark = "0123456789abcdef/0123456789abcdef";
    for name in [
        "office",
        "Patchbay 2026-11-23T19:00:00Z op-1",
        &format!("Patchbay 2026-11-23T19:00:00Z op-1 {mark}"),
    ] {
        let made = gateway.admin(Method::Put, "user", &[("uid", &uid), ("display-name", name)]).await;
        assert_eq!(made.0, 200, "{made:?}");
        let before = gateway.account(&uid).await;
        let oss = || OssServiceClient::new(host.grpc());
        let key = oss().recover_key(RecoverKeyReq { oss_uid: uid.clone(), ..tenant.request() }).await;
        let key = key.unwrap().into_inner();
        assert_eq!((key.code, key.oss_secret_key.as_str()), (NOT_FOUND, ""), "{name}");
        let list = ListBucketsInfoReq { oss_uid: uid.clone(), ..tenant.request() };
        assert_eq!(oss().list_buckets_info(list).await.unwrap().into_inner().code, NOT_FOUND, "{name}");
        let quota = SetOssUserQuotaReq { oss_uid: uid.clone(), user_max_size_in_g: 1, ..tenant.request() };
        assert_eq!(oss().set_oss_user_quota(quota).await.unwrap().into_inner().code, NOT_FOUND, "{name}");
        let bucket = CreateUserAndBucketReq { bucket_name: bucket_name(), ..tenant.request() };
        let bucket = oss().create_user_and_bucket(bucket).await.unwrap().into_inner();
        assert_eq!((bucket.code, bucket.oss_access_key.as_str()), (CONFLICT, ""), "{name}: {}", bucket.msg);
        assert!(bucket.msg.contains("operator"), "{}", bucket.msg);
        assert_eq!(gateway.account(&uid).await, before, "{name}: nothing of it changes");
        gateway.admin(Method::Delete, "user", &[("uid", &uid)]).await;
    }
}
