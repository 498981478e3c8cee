//! Refusals that say nothing: "The resource could not be found." Nova says so of a version that it has not, Glance of an image
//! that one may not see, and the layer below all services of a path that none has.

use cloudsim::{Fault, Service};
use patchbay_proto::image::GetImageReq;
use patchbay_proto::image::image_service_client::ImageServiceClient;
use patchbay_proto::instance::GetInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};
use serde_json::{Value, json};

const NOT_FOUND: i32 = 5;
const UNAVAILABLE: i32 = 14;

const NO_ROUTE: &str = "The resource could not be found.";

/// In the words of the layer below the services.
fn below() -> Value {
    json!({"message": format!("{NO_ROUTE}<br /><br />\n\n\n"), "code": "404 Not Found", "title": "Not Found"})
}

async fn image(deployment: &Deployment, tenant: &Tenant) -> (i32, String) {
    let request = GetImageReq { image_id: "i1".to_owned(), ..tenant.request() };
    let answer = ImageServiceClient::new(deployment.grpc()).get_image(request).await.unwrap().into_inner();
    (answer.code, answer.msg)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_one_may_not_see_is_told_from_a_wrong_address() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    let cloud = deployment.cloudsim();
    cloud.fault(Fault::status(404, below()).on(Service::Image, "GET", "/v2/images/"));
    assert_eq!(image(&deployment, &tenant).await, (NOT_FOUND, "There is no image i1.".to_owned()));
    // Whoever may list none is refused by Glance, too.
    let refused = json!({"message": "You are not authorized to complete get_images action.<br /><br />\n",
        "code": "403 Forbidden", "title": "Forbidden"});
    cloud.fault(Fault::status(403, refused).on_route(Service::Image, "GET", "/v2/images"));
    assert_eq!(image(&deployment, &tenant).await.0, NOT_FOUND);
    for (status, other) in [(404, below()), (200, json!({"servers": []})), (502, json!("<html>"))] {
        cloud.clear_faults();
        cloud.fault(Fault::status(404, below()).on(Service::Image, "GET", "/v2/images/"));
        cloud.fault(Fault::status(status, other).on_route(Service::Image, "GET", "/v2/images"));
        let (code, msg) = image(&deployment, &tenant).await;
        assert_eq!(code, UNAVAILABLE, "{status}: {msg}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_cannot_do_at_all_is_not_a_missing_instance() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    let within = json!({"itemNotFound": {"code": 404, "message": NO_ROUTE}});
    let gone = json!({"itemNotFound": {"code": 404, "message": "Instance s1 could not be found."}});
    for (body, code) in [(within, UNAVAILABLE), (below(), UNAVAILABLE), (gone, NOT_FOUND)] {
        let cloud = deployment.cloudsim();
        cloud.clear_faults();
        cloud.fault(Fault::status(404, body.clone()).on(Service::Compute, "GET", "/servers/"));
        let request = GetInstanceReq { instance_id: "s1".to_owned(), ..tenant.request() };
        let mut instances = InstanceServiceClient::new(deployment.grpc());
        let answer = instances.get_instance(request).await.unwrap().into_inner();
        assert_eq!(answer.code, code, "{body}: {}", answer.msg);
    }
}

/// What a proxy refuses is not the caller's fault, whatever the status.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_refusal_blames_nobody_who_calls() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    let cloud = deployment.cloudsim();
    for status in [400, 401, 403, 404, 405, 409, 410, 413, 421, 425, 431] {
        for body in [json!("<html>no</html>"), json!({"error": {"code": status, "message": "no"}})] {
            cloud.clear_faults();
            cloud.fault(Fault::status(status, body.clone()).on(Service::Compute, "GET", "/servers/"));
            cloud.clear_record();
            let request = GetInstanceReq { instance_id: "s1".to_owned(), ..tenant.request() };
            let mut instances = InstanceServiceClient::new(deployment.grpc());
            let answer = instances.get_instance(request).await.unwrap().into_inner();
            assert_eq!(answer.code, UNAVAILABLE, "{status} {body}: {}", answer.msg);
            let logins = cloud.count(Service::Identity, "POST", "/v3/auth/tokens");
            assert!(logins <= 1, "{status} {body}: {logins} logins");
        }
    }
}
