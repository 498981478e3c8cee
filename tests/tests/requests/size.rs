//! A request that is too large to be read.

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::{Deployment, needs_cloudsim};
use tonic::Code;

const MIB: usize = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_five_mebibytes_is_refused_unread() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let offer = deployment.admin().await.offer().await;
    deployment.cloudsim().clear_record();
    let channel = deployment.grpc();
    let request = tenant.instance(&offer, &"x".repeat(5 * MIB), &[]);
    let status = InstanceServiceClient::new(channel.clone()).create_instance(request).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("1048576"), "{status}");
    assert_eq!(deployment.cloudsim().requests(), []);
    let flavors = FlavorServiceClient::new(channel).list_flavors(tenant.request::<ListFlavorsReq>()).await;
    assert_eq!(flavors.unwrap().into_inner().code, 0, "the connection goes on");
}
