//! The services whose domain has no plugin contract yet. They check who calls like all others, and say so.

use tonic::{Request, Response, Status};

use super::Api;
use super::answer::rpc;
use super::claim::Claims;
use super::reply::Reply;
use crate::error::{Error, Kind};
use crate::proto::oss;
use crate::proto::oss::oss_service_server::OssService;

impl Api {
    async fn unserved<Q: Claims, R: Reply>(
        &self,
        rpc: super::answer::Rpc,
        request: Request<Q>,
    ) -> Result<Response<R>, Status> {
        self.answer(rpc, request, async |asked, request| {
            self.permit(asked, &request).await?;
            let domain = rpc.service.split('.').next().unwrap_or(rpc.service);
            Err(Error::new(Kind::Unsupported, format!("No plugin serves {domain} here.")))
        })
        .await
    }
}

macro_rules! unserved {
    ($service:ident as $name:literal in $package:ident: $($function:ident = $method:literal, $request:ident -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl $service for Api {
            $(async fn $function(
                &self,
                request: Request<$package::$request>,
            ) -> Result<Response<$package::$response>, Status> {
                self.unserved(rpc!($name, $method), request).await
            })*
        }
    };
}

unserved! {
    OssService as "oss.OSSService" in oss:
    create_user_and_bucket = "CreateUserAndBucket", CreateUserAndBucketReq -> CreateUserAndBucketRes;
    get_bucket_info = "GetBucketInfo", GetBucketInfoReq -> GetBucketInfoRes;
    list_buckets_info = "ListBucketsInfo", ListBucketsInfoReq -> ListBucketsInfoRes;
    set_oss_user_quota = "SetOssUserQuota", SetOssUserQuotaReq -> SetOssUserQuotaRes;
    recover_key = "RecoverKey", RecoverKeyReq -> RecoverKeyRes;
}
