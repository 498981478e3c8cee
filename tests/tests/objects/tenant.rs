//! Tenants whose users are called the same, and users who are called anything.

use patchbay_proto::oss::CreateUserAndBucketReq;
use patchbay_tests::Scene;

use crate::call::{create, get, list, made, new_bucket, recover, set_quota, uid};
use crate::{EXISTS, INVALID, NOT_FOUND};

#[tokio::test(flavor = "multi_thread")]
async fn users_of_two_tenants_share_nothing() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let other = host.tenant("other").await;
    let (one, two) = (made(host, new_bucket(tenant)).await, made(host, new_bucket(&other)).await);
    assert_ne!(one.oss_access_key, two.oss_access_key);
    assert_ne!(one.oss_user.unwrap().oss_uid, two.oss_user.unwrap().oss_uid);
    let (mine, theirs) = (one.oss_bucket.unwrap().bucket_name, two.oss_bucket.unwrap().bucket_name);
    let own = list(host, tenant, &uid(tenant), (1, 10)).await.oss_buckets;
    assert_eq!(own.into_iter().map(|bucket| bucket.bucket_name).collect::<Vec<_>>(), [mine]);
    for uid in [uid(&other), "t-0000000000.nobody".to_owned(), "admin".to_owned()] {
        assert_eq!(get(host, tenant, &uid, &theirs).await.code, NOT_FOUND, "{uid}");
        assert_eq!(list(host, tenant, &uid, (1, 10)).await.code, NOT_FOUND, "{uid}");
        assert_eq!(set_quota(host, tenant, &uid, (1, 1)).await.code, NOT_FOUND, "{uid}");
    }
    assert_eq!(get(host, tenant, &uid(tenant), &theirs).await.code, NOT_FOUND);
}

/// Nor does it say whose it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_name_that_is_taken_is_refused() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let request = new_bucket(tenant);
    made(host, request.clone()).await;
    let again = create(host, request.clone()).await;
    assert_eq!((again.code, again.oss_bucket), (EXISTS, None), "{}", again.msg);

    let other = host.tenant("other").await;
    let theirs = CreateUserAndBucketReq { bucket_name: request.bucket_name, ..new_bucket(&other) };
    let refused = create(host, theirs).await;
    assert_eq!((refused.code, refused.msg), (EXISTS, again.msg));
    assert!(host.gateway(0).accounts(&other.id).await.is_empty(), "no account for nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_be_called_anything() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    for user in ["a$b:c/d", "用户 7", "alice@example.com", "..", "%41", "a+b&c=d"] {
        let request = || CreateUserAndBucketReq { platform_userid: user.to_owned(), ..new_bucket(tenant) };
        let answer = made(host, request()).await;
        let uid = answer.oss_user.unwrap().oss_uid;
        let told = recover(host, tenant, user, &uid).await;
        assert_eq!((told.code, told.oss_access_key), (0, answer.oss_access_key), "{user}: {}", told.msg);
        made(host, request()).await;
        let buckets = list(host, tenant, &uid, (1, 10)).await.oss_buckets;
        assert!(buckets.len() == 2 && buckets.iter().all(|bucket| bucket.belong_to_uid == uid), "{user}");
    }
    assert_eq!(host.gateway(0).accounts(&tenant.id).await.len(), 6, "each has one of its own");
    for user in ["", &"x".repeat(250)] {
        let request = CreateUserAndBucketReq { platform_userid: user.to_owned(), ..new_bucket(tenant) };
        let refused = create(host, request).await;
        assert_eq!(refused.code, INVALID, "{}", refused.msg);
        assert!(refused.msg.starts_with("platform_userid"), "{}", refused.msg);
    }
}
