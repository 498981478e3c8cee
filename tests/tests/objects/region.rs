//! Two regions, each with a gateway of its own.

use patchbay_proto::oss::oss_service_client::OssServiceClient;
use patchbay_proto::oss::{CreateUserAndBucketReq, ListBucketsInfoReq};
use patchbay_tests::cloud::SECOND_REGION;
use patchbay_tests::{Scene, needs_cloudsim};

use crate::call::{create, get, made, new_bucket, uid};
use crate::client::Client;
use crate::{INVALID, NOT_FOUND, UNAVAILABLE};

#[tokio::test(flavor = "multi_thread")]
async fn a_region_has_its_own_accounts_and_buckets() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let one = new_bucket(tenant);
    // Names of another region's buckets are free in this one.
    let two = CreateUserAndBucketReq { region: SECOND_REGION.to_owned(), ..one.clone() };
    let bucket = one.bucket_name.clone();
    let answers = [made(host, one).await, made(host, two).await];
    assert_ne!(answers[0].oss_endpoint, answers[1].oss_endpoint);
    for (number, answer) in answers.iter().enumerate() {
        let gateway = host.gateway(number);
        assert_eq!(answer.oss_endpoint, gateway.endpoint());
        let owner = Client::new(&gateway, &bucket, &answer.oss_access_key, &answer.oss_secret_key);
        assert_eq!(owner.put("a.txt", &answer.oss_endpoint).await.0, 200);
        assert_eq!(owner.get("a.txt").await, (200, answer.oss_endpoint.clone()));
        assert_eq!(gateway.buckets(&uid(tenant)).await.len(), 1);
    }
    let only_there = CreateUserAndBucketReq { region: SECOND_REGION.to_owned(), ..new_bucket(tenant) };
    let bucket = only_there.bucket_name.clone();
    made(host, only_there).await;
    assert_eq!(get(host, tenant, &uid(tenant), &bucket).await.code, NOT_FOUND, "no region means the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_none_is_told_from_those_that_are() {
    let Scene { deployment: host, tenant, .. } = &Scene::start().await;
    let request = CreateUserAndBucketReq { region: "nowhere".to_owned(), ..new_bucket(tenant) };
    let answer = create(host, request).await;
    assert_eq!(answer.code, INVALID, "{}", answer.msg);
    assert!(answer.msg.contains(SECOND_REGION) && answer.msg.contains("RegionOne"), "{}", answer.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_down_stops_its_region_alone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let (host, tenant) = (&scene.deployment, &scene.tenant);
    let second = |request| CreateUserAndBucketReq { region: SECOND_REGION.to_owned(), ..request };
    assert!(host.cloudsim().set_gateway_up("region-2", false).await);
    let refused = create(host, second(new_bucket(tenant))).await;
    assert_eq!((refused.code, refused.oss_bucket), (UNAVAILABLE, None), "{}", refused.msg);
    let request =
        ListBucketsInfoReq { oss_uid: uid(tenant), region: SECOND_REGION.to_owned(), ..tenant.request() };
    let listed = OssServiceClient::new(host.grpc()).list_buckets_info(request).await.unwrap().into_inner();
    assert_eq!(listed.code, UNAVAILABLE, "{}", listed.msg);
    made(host, new_bucket(tenant)).await;
    assert!(host.cloudsim().set_gateway_up("region-2", true).await);
    made(host, second(new_bucket(tenant))).await;
}
