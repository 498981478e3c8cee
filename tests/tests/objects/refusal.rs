//! Requests that cannot be right: a definite code, a sentence that names the field, and nothing left.

use patchbay_proto::oss::CreateUserAndBucketReq;
use patchbay_tests::Scene;

use crate::call::{create, get, list, made, name, new_bucket, uid};
use crate::{INVALID, NOT_FOUND};

type Wrong = (&'static str, fn(&mut CreateUserAndBucketReq));

/// The field, and what is wrong.
const WRONG: [Wrong; 16] = [
    ("bucket_name", |r| r.bucket_name = String::new()),
    ("bucket_name", |r| r.bucket_name = "ab".to_owned()),
    ("bucket_name", |r| r.bucket_name = "x".repeat(64)),
    ("bucket_name", |r| r.bucket_name = "My-Photos".to_owned()),
    ("bucket_name", |r| r.bucket_name = "my_photos".to_owned()),
    ("bucket_name", |r| r.bucket_name = "../admin".to_owned()),
    ("bucket_name", |r| r.bucket_name = "192.168.5.4".to_owned()),
    ("bucket_name", |r| r.bucket_name = "b.-c".to_owned()),
    ("bucket_name", |r| r.bucket_name = "admin".to_owned()),
    ("bucket_policy", |r| r.bucket_policy = "public".to_owned()),
    ("storege_type", |r| r.storege_type = "GOLD".to_owned()),
    ("storege_type", |r| r.storege_type = "a\r\nx-amz-acl: public-read".to_owned()),
    ("user_max_size_in_g", |r| r.user_max_size_in_g = -2),
    ("user_max_objects", |r| r.user_max_objects = -2),
    ("platform_userid", |r| r.platform_userid = String::new()),
    ("region", |r| r.region = "nowhere".to_owned()),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_be_is_not_made() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    for (field, spoil) in WRONG {
        let mut request = new_bucket(tenant);
        spoil(&mut request);
        let answer = create(host, request.clone()).await;
        assert_eq!((answer.code, &answer.oss_bucket), (INVALID, &None), "{field}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{request:?}: {}", answer.msg);
        assert!(answer.oss_access_key.is_empty() && answer.oss_user.is_none());
    }
    assert!(host.gateway(0).accounts(&tenant.id).await.is_empty(), "no account for nothing");
    let known = CreateUserAndBucketReq { storege_type: "STANDARD".to_owned(), ..new_bucket(tenant) };
    made(host, known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_shown() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    assert_eq!(list(host, tenant, &uid(tenant), (1, 10)).await.code, NOT_FOUND, "no account yet");
    let bucket = made(host, new_bucket(tenant)).await.oss_bucket.unwrap().bucket_name;
    for (uid, bucket, code) in [
        (uid(tenant), name(), NOT_FOUND),
        (format!("{}.u-8", tenant.id), bucket.clone(), NOT_FOUND),
        (String::new(), bucket.clone(), INVALID),
        (uid(tenant), String::new(), INVALID),
        (uid(tenant), format!("{bucket}/../{bucket}"), INVALID),
    ] {
        let answer = get(host, tenant, &uid, &bucket).await;
        assert_eq!((answer.code, answer.oss_bucket), (code, None), "{uid} {bucket}: {}", answer.msg);
    }
    for page in [(-1, 0), (1, -1), (1, 201)] {
        assert_eq!(list(host, tenant, &uid(tenant), page).await.code, INVALID, "{page:?}");
    }
}
