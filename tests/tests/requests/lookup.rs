//! Calls about one thing that is not there or cannot be named so, words that no operation has, and pages that
//! no list has.

use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::flavor::{GetFlavorReq, ListFlavorsReq};
use patchbay_proto::image::image_service_client::ImageServiceClient;
use patchbay_proto::image::{GetImageReq, ListImagesReq};
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{
    DeleteInstanceReq, GetInstanceReq, OperateInstanceReq, UpdateInstanceFlavorReq,
};
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};
use tonic::transport::Channel;

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";

/// What no id can be; each would lead elsewhere if it went into a path as it is.
const NO_IDS: [&str; 9] =
    ["", ".", "..", "../flavors", "a/b", "a?b=c", "a#b", "a%2e%2e", "a\r\nx-auth-token: b"];

/// `code` and `msg` of each RPC that takes one id.
async fn by_id(channel: &Channel, tenant: &Tenant, id: &str) -> Vec<(&'static str, i32, String)> {
    let mut instances = InstanceServiceClient::new(channel.clone());
    let mut flavors = FlavorServiceClient::new(channel.clone());
    let mut images = ImageServiceClient::new(channel.clone());
    let own = || id.to_owned();
    let flavor = flavors.get_flavor(GetFlavorReq { flavor_id: own(), ..tenant.request() }).await;
    let image = images.get_image(GetImageReq { image_id: own(), ..tenant.request() }).await;
    let got = instances.get_instance(GetInstanceReq { instance_id: own(), ..tenant.request() }).await;
    let deleted =
        instances.delete_instance(DeleteInstanceReq { instance_id: own(), ..tenant.request() }).await;
    let operate =
        OperateInstanceReq { instance_id: own(), operate_type: "stop".to_owned(), ..tenant.request() };
    let operated = instances.operate_instance(operate).await;
    macro_rules! outcome {
        ($field:literal, $answer:ident) => {{
            let answer = $answer.unwrap().into_inner();
            ($field, answer.code, answer.msg)
        }};
    }
    vec![
        outcome!("flavor_id", flavor),
        outcome!("image_id", image),
        outcome!("instance_id", got),
        outcome!("instance_id", deleted),
        outcome!("instance_id", operated),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_never_reaches_the_cloud() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    deployment.cloudsim().clear_record();
    let long = "a".repeat(256);
    for id in NO_IDS.into_iter().chain([long.as_str()]) {
        for (field, code, msg) in by_id(&deployment.grpc(), &tenant, id).await {
            assert_eq!(code, INVALID, "{field} {id:?}: {msg}");
            assert!(msg.contains(field), "{id:?}: {msg}");
        }
    }
    assert_eq!(deployment.cloudsim().requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    // `detail` is where OpenStack lists the members of a collection whole.
    for id in [NOTHING, "nothing", "detail"] {
        for (field, code, msg) in by_id(&deployment.grpc(), &tenant, id).await {
            assert_eq!(code, NOT_FOUND, "{field} {id}: {msg}");
            assert!(msg.contains(id), "{field}: {msg}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_leaves_the_instance_as_it_is() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let offer = deployment.admin().await.offer().await;
    let mut instances = InstanceServiceClient::new(deployment.grpc());
    let made = instances.create_instance(tenant.instance(&offer, "web", &[])).await.unwrap().into_inner();
    let id = made.instance.unwrap().instance_id;
    let read = async || {
        let request = GetInstanceReq { instance_id: id.clone(), ..tenant.request() };
        instances.clone().get_instance(request).await.unwrap().into_inner()
    };
    let before = read().await;
    for operate_type in ["", "explode", "STOP", "stop ", "start,stop", "\u{0}"] {
        let (instance_id, operate_type) = (id.clone(), operate_type.to_owned());
        let request = OperateInstanceReq { instance_id, operate_type, ..tenant.request() };
        let answer = instances.clone().operate_instance(request.clone()).await.unwrap().into_inner();
        assert_eq!(answer.code, INVALID, "{:?}: {}", request.operate_type, answer.msg);
        assert!(answer.msg.contains("operate_type"), "{}", answer.msg);
    }
    for (flavor_ref, code) in [("", INVALID), ("../x", INVALID), (NOTHING, NOT_FOUND)] {
        let (instance_id, flavor_ref) = (id.clone(), flavor_ref.to_owned());
        let request = UpdateInstanceFlavorReq { instance_id, flavor_ref, ..tenant.request() };
        let answer = instances.clone().update_instance_flavor(request).await.unwrap().into_inner();
        assert_eq!(answer.code, code, "{}", answer.msg);
        assert!(answer.msg.contains("flavor_ref"), "{}", answer.msg);
    }
    assert_eq!(read().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_no_list_has_is_refused() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    for (page_number, page_size, field) in [
        (-1, 0, "page_number"),
        (i32::MIN, 0, "page_number"),
        (i32::MAX, 200, "page_number"),
        (1, -1, "page_size"),
        (1, 201, "page_size"),
        (1, i32::MAX, "page_size"),
    ] {
        let request = ListFlavorsReq { page_number, page_size, ..tenant.request() };
        let flavors = FlavorServiceClient::new(deployment.grpc()).list_flavors(request).await;
        let flavors = flavors.unwrap().into_inner();
        let request = ListImagesReq { page_number, page_size, ..tenant.request() };
        let images = ImageServiceClient::new(deployment.grpc()).list_images(request).await;
        let images = images.unwrap().into_inner();
        for (code, msg) in [(flavors.code, flavors.msg), (images.code, images.msg)] {
            assert_eq!(code, INVALID, "page {page_number} of {page_size}: {msg}");
            assert!(msg.contains(field), "page {page_number} of {page_size}: {msg}");
        }
    }
}
