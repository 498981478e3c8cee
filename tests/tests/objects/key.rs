//! Keys: told to the account's owner alone, and always those that the gateway has.

use patchbay_tests::Scene;
use patchbay_tests::gateway::Gateway;
use patchbay_tests::tenant::USER;
use rusty_s3::Method;

use crate::call::{create, get, made, new_bucket, recover, uid};
use crate::client::Client;
use crate::{CONFLICT, DENIED, NOT_FOUND};

/// The administrator takes a key and gives another.
async fn rotate(gateway: &Gateway, uid: &str, old: &str, new: [&str; 2]) {
    let query = [("key", ""), ("uid", uid), ("access-key", new[0]), ("secret-key", new[1])];
    assert_eq!(gateway.admin(Method::Put, "user", &query).await.0, 200);
    take(gateway, uid, old).await;
}

async fn take(gateway: &Gateway, uid: &str, key: &str) {
    let query = [("key", ""), ("uid", uid), ("access-key", key)];
    assert_eq!(gateway.admin(Method::Delete, "user", &query).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_the_owners() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let answer = made(host, new_bucket(tenant)).await;
    let told = recover(host, tenant, USER, &uid(tenant)).await;
    assert_eq!((told.code, &told.oss_endpoint), (0, &answer.oss_endpoint), "{}", told.msg);
    assert_eq!((told.oss_access_key, told.oss_secret_key), (answer.oss_access_key, answer.oss_secret_key));
    let (own, other) = (uid(tenant), host.tenant("other").await);
    for (tenant, user) in [(tenant, "u-8"), (tenant, ""), (&other, USER)] {
        let told = recover(host, tenant, user, &own).await;
        assert_eq!(told.code, NOT_FOUND, "{}", told.msg);
        assert!(told.oss_access_key.is_empty() && told.oss_secret_key.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_administrator_replaced_is_read_again() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let answer = made(host, new_bucket(tenant)).await;
    let (gateway, bucket) = (host.gateway(0), answer.oss_bucket.unwrap().bucket_name);
    let new = [format!("A{}", tenant.id), "a secret of the administrator's".to_owned()];
    rotate(&gateway, &uid(tenant), &answer.oss_access_key, [&new[0], &new[1]]).await;

    let told = recover(host, tenant, USER, &uid(tenant)).await;
    assert_eq!((told.code, [told.oss_access_key, told.oss_secret_key]), (0, new.clone()), "{}", told.msg);
    let old = Client::new(&gateway, &bucket, &answer.oss_access_key, &answer.oss_secret_key);
    assert_eq!(old.put("a", "x").await.0, 403);
    assert_eq!(Client::new(&gateway, &bucket, &new[0], &new[1]).put("a", "x").await.0, 200);
    assert_eq!(get(host, tenant, &uid(tenant), &bucket).await.code, 0);
    assert_eq!(made(host, new_bucket(tenant)).await.oss_access_key, new[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_key_or_suspended_says_so() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let answer = made(host, new_bucket(tenant)).await;
    let (gateway, uid) = (host.gateway(0), uid(tenant));
    let bucket = answer.oss_bucket.unwrap().bucket_name;
    let suspend =
        async |word| gateway.admin(Method::Post, "user", &[("uid", &uid), ("suspended", word)]).await.0;
    assert_eq!(suspend("true").await, 200);
    let refused = create(host, new_bucket(tenant)).await;
    assert_eq!((refused.code, refused.msg), (DENIED, format!("The account {uid} is suspended.")));
    assert_eq!(get(host, tenant, &uid, &bucket).await.code, DENIED);
    assert_eq!(suspend("false").await, 200);

    take(&gateway, &uid, &answer.oss_access_key).await;
    let refused = create(host, new_bucket(tenant)).await;
    assert_eq!(refused.code, CONFLICT, "{}", refused.msg);
    let told = recover(host, tenant, USER, &uid).await;
    assert_eq!(told.code, CONFLICT);
    assert!(told.msg.contains("has no key"), "{}", told.msg);
    assert_eq!(gateway.buckets(&uid).await.len(), 1, "what was there stays");
}
