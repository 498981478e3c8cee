//! What is only `cloudsim`'s: a gateway that is down, faults, the record, what exists. Skipped on real gateways.

use std::time::SystemTime;

use cloudsim::{Cloudsim, Effect, Fault, Service};
use reqwest::Method;
use serde_json::json;

use crate::gateway::{Gateway, Gateways, Signing};

/// `None` where the gateways are real.
async fn simulated() -> Option<(Gateways, Cloudsim)> {
    let mut gateways = Gateways::open().await;
    let cloud = gateways.simulated.take()?;
    Some((gateways, cloud))
}

/// The status of a call by the administrator; `None` where the connection ended.
async fn ask(gateway: &Gateway, method: Method, path: &str) -> Option<u16> {
    let mut request = gateway.request(&method, path, "");
    gateway.sign(&mut request, &gateway.admin, Signing::Header, SystemTime::now());
    gateway.http.execute(request).await.ok().map(|answer| answer.status().as_u16())
}

fn buckets(cloud: &Cloudsim) -> Vec<String> {
    let resources = cloud.control().resources().into_iter();
    resources.filter(|resource| resource.kind == "bucket").map(|bucket| bucket.id).collect()
}

#[tokio::test]
async fn one_gateway_is_down_while_the_other_serves() {
    let Some((gateways, cloud)) = simulated().await else { return };
    let [first, second] = &gateways.both;
    assert_eq!(ask(first, Method::PUT, "/kept").await, Some(200));
    assert!(cloud.control().set_gateway_up("region-1", false).await);
    let refused = first.http.get(&first.endpoint).send().await.expect_err("nobody listens");
    assert!(refused.is_connect(), "{refused:?}");
    assert_eq!(ask(second, Method::GET, "/").await, Some(200));
    assert!(cloud.control().set_gateway_up("region-1", true).await);
    assert_eq!(ask(first, Method::HEAD, "/kept").await, Some(200));
    assert!(!cloud.control().set_gateway_up("region-3", false).await);
}

#[tokio::test]
async fn the_endpoint_takes_a_gateway_down_too() {
    let Some((gateways, cloud)) = simulated().await else { return };
    let [first, second] = &gateways.both;
    let put = async |region: &str, body| {
        let url = format!("{}/_control/gateways/{region}", cloud.url());
        first.http.put(url).json(&body).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(put("region-2", json!({"up": false})).await, 204);
    assert_eq!(ask(second, Method::GET, "/").await, None);
    assert_eq!(ask(first, Method::GET, "/").await, Some(200));
    assert_eq!(put("region-2", json!({"up": true})).await, 204);
    assert_eq!(ask(second, Method::GET, "/").await, Some(200));
    assert_eq!(put("region-3", json!({"up": true})).await, 404);
}

#[tokio::test]
async fn faults_are_of_one_gateway() {
    let Some((gateways, cloud)) = simulated().await else { return };
    let [first, second] = &gateways.both;
    let fault = Fault::status(503, json!({"Code": "SlowDown"}));
    cloud.control().fault(fault.on(Service::Rgw1, "GET", "/admin/metadata").times(1));
    let path = "/admin/metadata/user";
    assert_eq!(ask(second, Method::GET, path).await, Some(200));
    assert_eq!(ask(first, Method::GET, path).await, Some(503));
    assert_eq!(ask(first, Method::GET, path).await, Some(200));
    assert_eq!(cloud.control().count(Service::Rgw1, "GET", path), 2);
    assert_eq!(cloud.control().count(Service::Rgw2, "GET", path), 1);
}

#[tokio::test]
async fn a_connection_ends_before_or_after_a_bucket_is_made() {
    let Some((gateways, cloud)) = simulated().await else { return };
    let [_, second] = &gateways.both;
    let put = |effect| Fault::once(effect).on(Service::Rgw2, "PUT", "/");
    cloud.control().fault(put(Effect::CloseBefore));
    assert_eq!(ask(second, Method::PUT, "/before").await, None);
    assert!(buckets(&cloud).is_empty());
    cloud.control().fault(put(Effect::CloseAfter));
    assert_eq!(ask(second, Method::PUT, "/after").await, None);
    assert_eq!(buckets(&cloud), ["region-2/after"]);
}
