//! To whom a bucket is open: tried by somebody who has no key.

use patchbay_proto::oss::CreateUserAndBucketReq;
use patchbay_tests::gateway::Gateway;
use patchbay_tests::{Deployment, Scene, Tenant};
use serde_json::{Value, json};

use crate::call::{get, made, new_bucket, uid};
use crate::client::Client;

/// What somebody without a key is answered.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    list: u16,
    get: u16,
    put: u16,
    delete: u16,
}

const CLOSED: Seen = Seen { list: 403, get: 403, put: 403, delete: 403 };

async fn seen(gateway: &Gateway, bucket: &str) -> Seen {
    let anonymous = Client::anonymous(gateway, bucket);
    Seen {
        list: anonymous.list().await,
        get: anonymous.get("a.txt").await.0,
        put: anonymous.put("b.txt", "theirs").await.0,
        delete: anonymous.delete("b.txt").await,
    }
}

/// A bucket with this policy, in which the owner has `a.txt`.
async fn bucket(host: &Deployment, tenant: &Tenant, policy: &str) -> (String, [String; 2]) {
    let answer =
        made(host, CreateUserAndBucketReq { bucket_policy: policy.to_owned(), ..new_bucket(tenant) }).await;
    let bucket = answer.oss_bucket.unwrap();
    assert_eq!(bucket.bucket_policy, if policy.is_empty() { "private" } else { policy });
    let key = [answer.oss_access_key, answer.oss_secret_key];
    let gateway = host.gateway(0);
    let owner = Client::new(&gateway, &bucket.bucket_name, &key[0], &key[1]);
    assert_eq!(owner.put("a.txt", "mine").await.0, 200);
    (bucket.bucket_name, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_opens_what_it_says() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    for (policy, expected) in [
        ("", CLOSED),
        ("private", CLOSED),
        ("public-ro", Seen { list: 200, get: 200, ..CLOSED }),
        ("public-rw", Seen { list: 200, get: 200, put: 200, delete: 204 }),
    ] {
        let (bucket, _) = bucket(host, tenant, policy).await;
        assert_eq!(seen(&host.gateway(0), &bucket).await, expected, "{policy:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_the_gateways() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let (bucket, [access_key, secret_key]) = bucket(host, tenant, "public-ro").await;
    let gateway = host.gateway(0);
    let owner = Client::new(&gateway, &bucket, &access_key, &secret_key);
    let shown =
        async || get(host, tenant, &uid(tenant), &bucket).await.oss_bucket.map(|bucket| bucket.bucket_policy);
    assert_eq!(shown().await.as_deref(), Some("public-ro"));
    let other = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket"],
        "Resource": format!("arn:aws:s3:::{bucket}"),
    }]});
    assert_eq!(owner.set_policy(&other).await, 204);
    assert_eq!(shown().await.as_deref(), Some("custom"));
    assert!(matches!(owner.set_policy(&Value::Null).await, 200 | 204));
    assert_eq!(shown().await.as_deref(), Some("private"));
    assert_eq!(seen(&gateway, &bucket).await, CLOSED);
}
