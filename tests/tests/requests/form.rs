//! What is no gRPC call is answered so that whoever sent it understands it.

use http::Method;
use patchbay_tests::Deployment;
use patchbay_tests::raw::Raw;

use crate::GET_FLAVOR;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_grpc_is_refused_in_the_words_of_http() {
    let deployment = Deployment::start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    for (method, content_type, http) in [
        (Method::GET, "application/grpc", 405),
        (Method::PUT, "application/grpc", 405),
        (Method::OPTIONS, "application/grpc", 405),
        (Method::POST, "application/json", 415),
        (Method::POST, "application/grpc-web", 415),
        (Method::POST, "application/grpc-web+proto", 415),
        (Method::POST, "text/plain", 415),
    ] {
        let call = raw.request(method.clone(), GET_FLAVOR, &[("content-type", content_type)]).await;
        let told = call.told().await;
        assert_eq!((told.http.as_u16(), told.status), (http, None), "{method} {content_type}: {told:?}");
        assert!(told.headers.contains_key("x-request-id"), "{told:?}");
    }
    let told = raw.call(GET_FLAVOR, &[("content-type", "application/grpc+proto")], &[]).await;
    assert_eq!((told.http.as_u16(), told.status), (200, Some(0)), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_counted_and_has_its_id() {
    let deployment = Deployment::start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let own = "req-5f0c1a52-0000-4000-8000-000000000000";
    let headers = [("grpc-timeout", "abc"), ("x-request-id", own)];
    let told = raw.call(GET_FLAVOR, &headers, &[]).await;
    assert_eq!(told.status, Some(3), "{told:?}");
    assert_eq!(told.headers["x-request-id"], own);
    raw.request(Method::GET, GET_FLAVOR, &[]).await.told().await;
    let metrics = patchbay_tests::metrics::Metrics::read(&deployment.http()).await;
    for reason in ["invalid", "method"] {
        assert_eq!(metrics.sum("patchbay_refusals_total", &[("reason", reason)]), 1, "{reason}");
    }
}
