//! What an account may hold: kept by the gateway, set by the platform.

use patchbay_proto::oss::CreateUserAndBucketReq;
use patchbay_tests::Scene;

use crate::call::{made, new_bucket, set_quota, uid};
use crate::client::Client;
use crate::{CONFLICT, INVALID, NOT_FOUND};

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_quota_nothing_is_written() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let answer = made(host, CreateUserAndBucketReq { user_max_objects: 1, ..new_bucket(tenant) }).await;
    let (gateway, bucket) = (host.gateway(0), answer.oss_bucket.unwrap().bucket_name);
    let owner = Client::new(&gateway, &bucket, &answer.oss_access_key, &answer.oss_secret_key);
    assert_eq!(owner.put("a.txt", "a").await.0, 200);
    let (status, refusal) = owner.put("b.txt", "b").await;
    assert_eq!(status, 403, "{refusal}");
    assert!(refusal.contains("<Code>QuotaExceeded</Code>"), "{refusal}");

    let raised = set_quota(host, tenant, &uid(tenant), (0, 2)).await;
    let user = raised.oss_user.unwrap();
    assert_eq!((raised.code, user.user_max_size_in_g, user.user_max_objects), (0, 10, 2));
    assert_eq!((user.user_use_size_in_g, user.user_use_objects, user.total_buckets), (1, 1, 1));
    assert_eq!(owner.put("b.txt", "b").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_changed_or_stays() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let answer = made(host, new_bucket(tenant)).await;
    let (gateway, bucket) = (host.gateway(0), answer.oss_bucket.unwrap().bucket_name);
    let owner = Client::new(&gateway, &bucket, &answer.oss_access_key, &answer.oss_secret_key);
    for object in ["a", "b"] {
        assert_eq!(owner.put(object, "x").await.0, 200);
    }
    let mut shown = (10, 100_000);
    for (asked, code, says) in [
        ((20, 200), 0, ""),
        ((0, 300), 0, ""),
        ((30, 0), 0, ""),
        ((0, 0), INVALID, "user_max_size_in_g"),
        ((-2, 5), INVALID, "user_max_size_in_g"),
        ((5, i32::MIN), INVALID, "user_max_objects"),
        ((5, 1), CONFLICT, "user_max_objects: the account holds 2 objects"),
        ((1, 2), 0, ""),
        ((-1, -1), 0, ""),
        ((0, 1), CONFLICT, "2 objects"),
        ((i32::MAX, i32::MAX), 0, ""),
    ] {
        let answer = set_quota(host, tenant, &uid(tenant), asked).await;
        assert_eq!(answer.code, code, "{asked:?}: {}", answer.msg);
        assert!(answer.msg.contains(says), "{asked:?}: {}", answer.msg);
        if code == 0 {
            shown.0 = if asked.0 == 0 { shown.0 } else { asked.0 };
            shown.1 = if asked.1 == 0 { shown.1 } else { asked.1 };
            let user = answer.oss_user.unwrap();
            assert_eq!((user.user_max_size_in_g, user.user_max_objects), shown, "{asked:?}");
        }
        let kept = gateway.account(&uid(tenant)).await["user_quota"].clone();
        let bytes = if shown.0 < 0 { -1 } else { i64::from(shown.0) << 30 };
        assert_eq!((&kept["max_size"], &kept["max_objects"]), (&bytes.into(), &shown.1.into()), "{asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_there_has_no_quota() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let answer = set_quota(host, tenant, &uid(tenant), (1, 1)).await;
    assert_eq!((answer.code, answer.oss_user), (NOT_FOUND, None), "{}", answer.msg);
    assert!(host.gateway(0).accounts(&tenant.id).await.is_empty());
}
