//! What an operator sees of the calls: `/metrics`.

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::Stage;

#[tokio::test]
async fn calls_logins_and_backends_are_counted() {
    needs_cloudsim!();
    let stage = Stage::start(Deployment::builder()).await;
    let mut flavors = FlavorServiceClient::new(stage.host.grpc());
    let request: ListFlavorsReq = stage.tenant.request();
    assert_eq!(flavors.list_flavors(request.clone()).await.unwrap().into_inner().code, 0);
    assert_eq!(flavors.list_flavors(request).await.unwrap().into_inner().code, 0);
    assert_eq!(stage.flavor("no-such-flavor").await.code, 5);

    let active = stage.host.line(|line| line["message"] == "serves" && line["domain"] == "compute").await;
    let generation = active["plugin"].as_str().unwrap();
    let metrics = stage.host.metrics().await;
    let calls = |method, code| {
        let service = ("service", "flavor.FlavorService");
        let labels = [service, ("method", method), ("code", code), ("generation", generation)];
        metrics.sum("patchbay_calls_total", &labels)
    };
    assert_eq!((calls("ListFlavors", "0"), calls("GetFlavor", "5")), (2, 1));
    let timed = |method| metrics.sum("patchbay_call_seconds_count", &[("method", method)]);
    assert_eq!((timed("ListFlavors"), timed("GetFlavor")), (2, 1));
    let upstream = |status| {
        let labels = [("upstream", "cloud"), ("method", "GET"), ("status", status)];
        metrics.sum("patchbay_upstream_calls_total", &labels)
    };
    assert_eq!((upstream("200"), upstream("404")), (2, 1));
    assert_eq!(metrics.sum("patchbay_logins_total", &[("upstream", "cloud"), ("outcome", "ok")]), 1);
    assert_eq!(metrics.sum("patchbay_instances", &[]), 0);
}
