//! `oss.OSSService` (requirements, "对象存储相关服务"). What changes an account or a bucket is an operation.

mod bucket_name;

use patchbay_core::error::Error;
use patchbay_proto::oss::oss_service_server::OssService;
use patchbay_proto::oss::{
    CreateUserAndBucketReq, CreateUserAndBucketRes, GetBucketInfoReq, GetBucketInfoRes, ListBucketsInfoReq,
    ListBucketsInfoRes, OssBucket, OssUser, RecoverKeyReq, RecoverKeyRes, SetOssUserQuotaReq,
    SetOssUserQuotaRes,
};
use patchbay_runtime::contract::oss::exports::patchbay::oss::buckets as wit;
use patchbay_runtime::{Buckets, Call};
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

/// What `bucket_policy` may be; empty is the first.
const POLICIES: [&str; 3] = ["private", "public-ro", "public-rw"];

#[tonic::async_trait]
impl OssService for Api {
    async fn create_user_and_bucket(
        &self,
        request: Request<CreateUserAndBucketReq>,
    ) -> Result<Response<CreateUserAndBucketRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let (region, spec) = (&request.region, spec(&request)?);
            let changed = self.change::<Buckets>(call, region, |at, buckets, context| {
                Box::pin(buckets.call_create(at, context, spec))
            });
            let changed = changed.await?;
            if !changed.is_done() {
                // Until then there is no bucket to tell of.
                return Ok(changed.told(|_, _| CreateUserAndBucketRes::default()));
            }
            changed.shown(async |call, name| self.holding(call, name).await).await
        })
        .await
    }

    async fn get_bucket_info(
        &self,
        request: Request<GetBucketInfoReq>,
    ) -> Result<Response<GetBucketInfoRes>, Status> {
        self.handle(request, async |call, request| {
            let uid = check::name("oss_uid", &request.oss_uid)?;
            let name = check::id("bucket_name", &request.bucket_name)?;
            let found =
                self.plugins.call::<Buckets, _>(call.read(&request.region), move |at, buckets, context| {
                    Box::pin(buckets.call_get(at, context, uid, name))
                });
            Ok(GetBucketInfoRes { oss_bucket: Some(Convert::convert(found.await?)), ..Default::default() })
        })
        .await
    }

    async fn list_buckets_info(
        &self,
        request: Request<ListBucketsInfoReq>,
    ) -> Result<Response<ListBucketsInfoRes>, Status> {
        self.handle(request, async |call, request| {
            let uid = check::name("oss_uid", &request.oss_uid)?;
            let page = check::page(request.page_number, request.page_size)?;
            let found =
                self.plugins.call::<Buckets, _>(call.read(&request.region), move |at, buckets, context| {
                    Box::pin(buckets.call_list(at, context, uid, page))
                });
            let oss_buckets = found.await?.into_iter().map(OssBucket::convert).collect();
            Ok(ListBucketsInfoRes { oss_buckets, ..Default::default() })
        })
        .await
    }

    async fn set_oss_user_quota(
        &self,
        request: Request<SetOssUserQuotaReq>,
    ) -> Result<Response<SetOssUserQuotaRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let (region, uid) = (&request.region, check::name("oss_uid", &request.oss_uid)?);
            let quota = quota(request.user_max_size_in_g, request.user_max_objects)?;
            if (quota.size, quota.objects) == (0, 0) {
                return Err(Error::invalid("user_max_size_in_g or user_max_objects must be given.").into());
            }
            let changed = self.change::<Buckets>(call, region, move |at, buckets, context| {
                Box::pin(buckets.call_set_quota(at, context, uid, quota))
            });
            changed.await?.shown(async |call, uid| self.account(call, uid).await).await
        })
        .await
    }

    async fn recover_key(&self, request: Request<RecoverKeyReq>) -> Result<Response<RecoverKeyRes>, Status> {
        self.handle(request, async |call, request| {
            let uid = check::name("oss_uid", &request.oss_uid)?;
            let found =
                self.plugins.call::<Buckets, _>(call.read(&request.region), move |at, buckets, context| {
                    Box::pin(buckets.call_get_key(at, context, uid))
                });
            let wit::Key { endpoint, access_key, secret_key } = found.await?;
            Ok(RecoverKeyRes {
                oss_endpoint: endpoint,
                oss_access_key: access_key,
                oss_secret_key: secret_key,
                ..Default::default()
            })
        })
        .await
    }
}

impl Api {
    /// The bucket with its account and key, as the gateway shows them now.
    async fn holding(&self, call: Call, name: String) -> Result<CreateUserAndBucketRes, Error> {
        let found = self.plugins.call::<Buckets, _>(call, move |at, buckets, context| {
            Box::pin(buckets.call_get_holding(at, context, name))
        });
        let wit::Holding { key, account, bucket } = found.await?;
        Ok(CreateUserAndBucketRes {
            oss_endpoint: key.endpoint,
            oss_access_key: key.access_key,
            oss_secret_key: key.secret_key,
            oss_user: Some(Convert::convert(account)),
            oss_bucket: Some(Convert::convert(bucket)),
            ..Default::default()
        })
    }

    /// The account as the gateway shows it now.
    async fn account(&self, call: Call, uid: String) -> Result<SetOssUserQuotaRes, Error> {
        let found = self.plugins.call::<Buckets, _>(call, move |at, buckets, context| {
            Box::pin(buckets.call_get_account(at, context, uid))
        });
        Ok(SetOssUserQuotaRes { oss_user: Some(Convert::convert(found.await?)), ..Default::default() })
    }
}

/// The request as the plugin takes it. An account needs a user to be named by.
fn spec(request: &CreateUserAndBucketReq) -> Result<wit::Spec, Error> {
    check::name("platform_userid", &request.platform_userid)?;
    let policy = if request.bucket_policy.is_empty() { POLICIES[0] } else { &request.bucket_policy };
    Ok(wit::Spec {
        bucket: bucket_name::check(&request.bucket_name)?,
        policy: check::one_of("bucket_policy", policy, &POLICIES)?,
        storage_type: check::optional_id("storege_type", &request.storege_type)?,
        quota: quota(request.user_max_size_in_g, request.user_max_objects)?,
    })
}

/// 0 is "not given", -1 no limit.
fn quota(size: i32, objects: i32) -> Result<wit::Quota, Error> {
    for (field, value) in [("user_max_size_in_g", size), ("user_max_objects", objects)] {
        if value < -1 {
            return Err(Error::invalid(format!("{field} must be -1 (no limit), 0 or more, not {value}.")));
        }
    }
    Ok(wit::Quota { size, objects })
}

impl Convert<wit::Bucket> for OssBucket {
    fn convert(bucket: wit::Bucket) -> Self {
        Self {
            bucket_name: bucket.name,
            bucket_policy: bucket.policy,
            bucket_use_size_in_g: saturated(bucket.size.into()),
            bucket_use_objects: saturated(bucket.objects),
            belong_to_uid: bucket.owner,
            bucket_created_time: bucket.created_at,
        }
    }
}

impl Convert<wit::Account> for OssUser {
    fn convert(account: wit::Account) -> Self {
        Self {
            oss_uid: account.uid,
            oss_user_created_time: account.created_at.clone(),
            user_max_size_in_g: account.quota.size,
            user_max_objects: account.quota.objects,
            user_use_size_in_g: saturated(account.size.into()),
            user_use_objects: saturated(account.objects),
            user_created_time: account.created_at,
            total_buckets: saturated(account.buckets.into()),
        }
    }
}

/// The contract's numbers are narrower than a gateway's.
fn saturated(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_cannot_be_right_names_its_field() {
        let right = || CreateUserAndBucketReq {
            platform_userid: "u-7".into(),
            bucket_name: "photos".into(),
            user_max_size_in_g: -1,
            ..Default::default()
        };
        assert_eq!(spec(&right()).ok().map(|spec| spec.policy).as_deref(), Some("private"));
        type Spoil = fn(&mut CreateUserAndBucketReq);
        let table: [(&str, Spoil); 7] = [
            ("platform_userid", |r| r.platform_userid = String::new()),
            ("bucket_name", |r| r.bucket_name = "Photos".into()),
            ("bucket_policy", |r| r.bucket_policy = "public".into()),
            ("storege_type", |r| r.storege_type = "größe".into()),
            ("storege_type", |r| r.storege_type = "a\r\nb".into()),
            ("user_max_size_in_g", |r| r.user_max_size_in_g = -2),
            ("user_max_objects", |r| r.user_max_objects = i32::MIN),
        ];
        for (field, spoil) in table {
            let mut request = right();
            spoil(&mut request);
            let error = spec(&request).map(drop).map_err(|error| error.message().to_owned());
            assert!(error.as_ref().is_err_and(|sentence| sentence.starts_with(field)), "{field}: {error:?}");
        }
    }

    #[test]
    fn what_is_too_much_for_the_contract_is_the_most() {
        assert_eq!((saturated(7), saturated(u64::MAX)), (7, i32::MAX));
    }
}
