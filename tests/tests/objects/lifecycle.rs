//! Accounts and buckets coming about and being shown. What is answered is compared with what the gateway tells its
//! administrator.

use patchbay_proto::oss::CreateUserAndBucketReq;
use patchbay_tests::Scene;
use patchbay_tests::admin::text;

use crate::call::{get, list, made, new_bucket, uid};
use crate::client::Client;

/// The defaults of `xtask/templates/ceph.toml`.
const DEFAULT: (i32, i32) = (10, 100_000);

#[tokio::test(flavor = "multi_thread")]
async fn an_account_comes_about_with_its_bucket() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let gateway = host.gateway(0);
    let request = new_bucket(tenant);
    let bucket = request.bucket_name.clone();
    let answer = made(host, request).await;
    assert_eq!(answer.oss_endpoint, gateway.endpoint());
    let user = answer.oss_user.unwrap();
    assert_eq!(user.oss_uid, uid(tenant));
    assert_eq!((user.user_max_size_in_g, user.user_max_objects), DEFAULT);
    assert_eq!((user.user_use_size_in_g, user.user_use_objects, user.total_buckets), (0, 0, 1));
    assert!(user.oss_user_created_time.ends_with('Z'), "{user:?}");
    assert_eq!(user.oss_user_created_time, user.user_created_time);
    let new = answer.oss_bucket.unwrap();
    assert_eq!((new.bucket_name.as_str(), new.bucket_policy.as_str()), (bucket.as_str(), "private"));
    assert_eq!((new.bucket_use_size_in_g, new.bucket_use_objects), (0, 0));
    assert_eq!(new.belong_to_uid, uid(tenant));

    let owner = Client::new(&gateway, &bucket, &answer.oss_access_key, &answer.oss_secret_key);
    assert_eq!(owner.put("a/b c.txt", "hello").await.0, 200);
    assert_eq!(owner.get("a/b c.txt").await, (200, "hello".to_owned()));
    let shown = get(host, tenant, &uid(tenant), &bucket).await.oss_bucket.unwrap();
    assert_eq!((shown.bucket_use_size_in_g, shown.bucket_use_objects), (1, 1), "GiB are rounded up");
    assert_eq!(shown.bucket_created_time, new.bucket_created_time);

    let account = gateway.account(&uid(tenant)).await;
    assert_eq!(account["user_quota"]["max_size"], 10_u64 << 30);
    assert_eq!(text(&account["keys"][0]["access_key"]), answer.oss_access_key);
    let buckets = gateway.buckets(&uid(tenant)).await;
    let [seen] = buckets.as_slice() else { panic!("one bucket, not {buckets:?}") };
    assert_eq!((text(&seen["bucket"]), text(&seen["owner"])), (bucket, uid(tenant)));
    assert_eq!(text(&seen["creation_time"])[..19], new.bucket_created_time[..19]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_there_gets_the_bucket_only() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let with = |user_max_size_in_g, user_max_objects| CreateUserAndBucketReq {
        user_max_size_in_g,
        user_max_objects,
        ..new_bucket(tenant)
    };
    let first = made(host, with(5, -1)).await;
    let second = made(host, with(7, 70)).await;
    assert_eq!(first.oss_secret_key, second.oss_secret_key);
    let (before, after) = (first.oss_user.unwrap(), second.oss_user.unwrap());
    assert_eq!((before.user_max_size_in_g, before.user_max_objects), (5, -1));
    assert_eq!((after.user_max_size_in_g, after.user_max_objects, after.total_buckets), (5, -1, 2));
    assert_eq!(before.user_created_time, after.user_created_time);
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_are_listed_in_pages() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(made(host, new_bucket(tenant)).await.oss_bucket.unwrap().bucket_name);
    }
    names.sort();
    let page = async |number, size| {
        let answer = list(host, tenant, &uid(tenant), (number, size)).await;
        assert_eq!(answer.code, 0, "{}", answer.msg);
        answer.oss_buckets.into_iter().map(|bucket| bucket.bucket_name).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 0).await, names);
    assert_eq!([page(1, 2).await, page(2, 2).await, page(3, 2).await].concat(), names);
    assert!(page(4, 2).await.is_empty() && page(i32::MAX, 200).await.is_empty());
}

/// Both find that there is no account.
#[tokio::test(flavor = "multi_thread")]
async fn two_calls_at_once_make_one_account() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let (one, two) = tokio::join!(made(host, new_bucket(tenant)), made(host, new_bucket(tenant)));
    assert_eq!(one.oss_access_key, two.oss_access_key);
    let user = made(host, new_bucket(tenant)).await.oss_user.unwrap();
    assert_eq!((user.user_max_size_in_g, user.user_max_objects, user.total_buckets), (10, 100_000, 3));
}
