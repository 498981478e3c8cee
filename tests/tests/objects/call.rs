//! The calls of object storage, as the platform makes them.

use patchbay_proto::oss::oss_service_client::OssServiceClient;
use patchbay_proto::oss::{
    CreateUserAndBucketReq, CreateUserAndBucketRes, GetBucketInfoReq, GetBucketInfoRes, ListBucketsInfoReq,
    ListBucketsInfoRes, RecoverKeyReq, RecoverKeyRes, SetOssUserQuotaReq, SetOssUserQuotaRes,
};
use patchbay_tests::tenant::USER;
use patchbay_tests::{Deployment, Tenant};
use tonic::transport::Channel;
use uuid::Uuid;

/// A bucket's name that nobody has.
pub(crate) fn name() -> String {
    format!("photos-{}", Uuid::new_v4())
}

/// What the tenant's usual user's account is called.
pub(crate) fn uid(tenant: &Tenant) -> String {
    format!("{}.{USER}", tenant.id)
}

/// CreateUserAndBucket with nothing wrong.
pub(crate) fn new_bucket(tenant: &Tenant) -> CreateUserAndBucketReq {
    CreateUserAndBucketReq { bucket_name: name(), ..tenant.request() }
}

/// CreateUserAndBucket.
pub(crate) async fn create(host: &Deployment, request: CreateUserAndBucketReq) -> CreateUserAndBucketRes {
    client(host).create_user_and_bucket(request).await.unwrap().into_inner()
}

/// The same, which succeeds.
pub(crate) async fn made(host: &Deployment, request: CreateUserAndBucketReq) -> CreateUserAndBucketRes {
    let answer = create(host, request).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer
}

/// GetBucketInfo.
pub(crate) async fn get(host: &Deployment, tenant: &Tenant, uid: &str, bucket: &str) -> GetBucketInfoRes {
    let (oss_uid, bucket_name) = (uid.to_owned(), bucket.to_owned());
    let request = GetBucketInfoReq { oss_uid, bucket_name, ..tenant.request() };
    client(host).get_bucket_info(request).await.unwrap().into_inner()
}

/// ListBucketsInfo.
pub(crate) async fn list(
    host: &Deployment,
    tenant: &Tenant,
    uid: &str,
    (page_number, page_size): (i32, i32),
) -> ListBucketsInfoRes {
    let request = ListBucketsInfoReq { oss_uid: uid.to_owned(), page_number, page_size, ..tenant.request() };
    client(host).list_buckets_info(request).await.unwrap().into_inner()
}

/// SetOssUserQuota.
pub(crate) async fn set_quota(
    host: &Deployment,
    tenant: &Tenant,
    uid: &str,
    (user_max_size_in_g, user_max_objects): (i32, i32),
) -> SetOssUserQuotaRes {
    let oss_uid = uid.to_owned();
    let request = SetOssUserQuotaReq { oss_uid, user_max_size_in_g, user_max_objects, ..tenant.request() };
    client(host).set_oss_user_quota(request).await.unwrap().into_inner()
}

/// RecoverKey, in the name of this user of the platform's.
pub(crate) async fn recover(host: &Deployment, tenant: &Tenant, user: &str, uid: &str) -> RecoverKeyRes {
    let (platform_userid, oss_uid) = (user.to_owned(), uid.to_owned());
    let request = RecoverKeyReq { platform_userid, oss_uid, ..tenant.request() };
    client(host).recover_key(request).await.unwrap().into_inner()
}

fn client(host: &Deployment) -> OssServiceClient<Channel> {
    OssServiceClient::new(host.grpc())
}
