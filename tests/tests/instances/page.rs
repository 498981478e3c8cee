//! Page numbers on lists that the cloud gives by markers.

use std::collections::BTreeSet;

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::image::ListImagesReq;
use patchbay_proto::image::image_service_client::ImageServiceClient;
use patchbay_tests::admin::text;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};

async fn flavors(deployment: &Deployment, tenant: &Tenant, page_number: i32, page_size: i32) -> Vec<String> {
    let request = ListFlavorsReq { page_number, page_size, ..tenant.request() };
    let answer = FlavorServiceClient::new(deployment.grpc()).list_flavors(request).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.flavors.into_iter().map(|flavor| flavor.flavor_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_flavors_are_the_list_in_pieces() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let all: BTreeSet<String> =
        deployment.admin().await.flavors().await.iter().map(|flavor| text(&flavor["id"])).collect();
    assert_eq!(all.len(), 6, "cloudsim begins with six");
    let mut read = BTreeSet::new();
    for (page_number, size) in [(1, 4), (2, 2), (3, 0)] {
        let page = flavors(&deployment, &tenant, page_number, 4).await;
        assert_eq!(page.len(), size, "page {page_number}");
        read.extend(page);
    }
    assert_eq!(read, all);
    let first = flavors(&deployment, &tenant, 1, 4).await;
    assert_eq!(flavors(&deployment, &tenant, 0, 4).await, first, "page 0 is the first");
    assert_eq!(flavors(&deployment, &tenant, 0, 0).await.len(), 6, "a page has room for 20");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_images_are_the_list_in_pieces() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let mut images = ImageServiceClient::new(deployment.grpc());
    let mut read = BTreeSet::new();
    for (page_number, size) in [(1, 1), (2, 1), (3, 0)] {
        let request = ListImagesReq { page_number, page_size: 1, ..tenant.request() };
        let page = images.list_images(request).await.unwrap().into_inner();
        assert_eq!((page.code, page.images.len()), (0, size), "page {page_number}: {}", page.msg);
        read.extend(page.images.into_iter().map(|image| image.image_id));
    }
    let all: BTreeSet<String> =
        deployment.admin().await.images().await.iter().map(|image| text(&image["id"])).collect();
    assert_eq!(read, all);
}
