//! Keys are told to their owner and to nobody else: no line of the log, no sentence and no row holds one.

use patchbay_proto::oss::oss_service_client::OssServiceClient;
use patchbay_proto::oss::{GetBucketInfoReq, RecoverKeyReq, SetOssUserQuotaReq};
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, operation};

use crate::call::{new_bucket, uid};

#[tokio::test(flavor = "multi_thread")]
async fn no_line_sentence_or_row_holds_a_key() {
    let mut deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let operations = deployment.operations().await;
    let host = HostProcess::start(&mut deployment).await;
    let mut client = OssServiceClient::new(host.grpc());
    let request = new_bucket(&tenant);
    let (oss_uid, bucket_name) = (uid(&tenant), request.bucket_name.clone());
    let answer = client.create_user_and_bucket(request.clone()).await.unwrap();
    let id = patchbay_tests::contract::operation(answer.metadata()).unwrap();
    let answer = answer.into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);

    let mut told = vec![answer.msg];
    told.push(client.create_user_and_bucket(request).await.unwrap().into_inner().msg);
    let request = SetOssUserQuotaReq { oss_uid: oss_uid.clone(), user_max_objects: 7, ..tenant.request() };
    told.push(client.set_oss_user_quota(request).await.unwrap().into_inner().msg);
    let request = GetBucketInfoReq { oss_uid: oss_uid.clone(), bucket_name, ..tenant.request() };
    told.push(client.get_bucket_info(request).await.unwrap().into_inner().msg);
    let request = RecoverKeyReq { oss_uid, ..tenant.request() };
    let recovered = client.recover_key(request).await.unwrap().into_inner();
    assert_eq!(recovered.oss_secret_key, answer.oss_secret_key);
    told.push(recovered.msg);
    told.push(format!("{:?}", operation::ended(&operations, &tenant, id).await));
    told.extend(host.log().iter().map(ToString::to_string));

    assert!(told.iter().any(|line| line.contains(&answer.oss_user.as_ref().unwrap().oss_uid)), "{told:#?}");
    let administrators = deployment.gateway(0);
    for secret in [&answer.oss_secret_key, &answer.oss_access_key, administrators.secret_key()] {
        assert_eq!(told.iter().find(|line| line.contains(secret)), None, "{secret}");
    }
}
