//! Catalogues as deployments write them: with the version in an address or without, with a project behind it, with a slash at
//! its end, with the older word for the region.

use cloudsim::{CatalogueForm, Service, VolumeQuota};
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq};
use patchbay_proto::nasdisk::GetMountClientsReq;
use patchbay_proto::nasdisk::nas_disk_service_client::NasDiskServiceClient;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};
use serde_json::Value;
use tonic::transport::Channel;

use crate::flavors;

/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";

/// What Nova, Cinder and Manila make of a call each: a list, a new disk, and a share that is not there.
async fn codes(host: Channel, tenant: &Tenant) -> [(i32, String); 3] {
    let listed = flavors(host.clone(), tenant).await;
    let cloud_disk_conf = Some(CloudDiskConf { size_in_g: 1, ..CloudDiskConf::default() });
    let request =
        CreateCloudDiskReq { volume_name: "data-1".to_owned(), cloud_disk_conf, ..tenant.request() };
    let made =
        CloudDiskServiceClient::new(host.clone()).create_cloud_disk(request).await.unwrap().into_inner();
    let request = GetMountClientsReq { share_id: NOTHING.to_owned(), ..tenant.request() };
    let asked = NasDiskServiceClient::new(host).get_mount_clients(request).await.unwrap().into_inner();
    [listed, (made.code, made.msg), (asked.code, asked.msg)]
}

fn forms() -> Vec<CatalogueForm> {
    let mut forms = vec![CatalogueForm { region_alone: true, ..CatalogueForm::default() }];
    for bits in 1..8 {
        let (unversioned, project, slash) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0);
        forms.push(CatalogueForm { unversioned, project, slash, ..CatalogueForm::default() });
    }
    forms
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_an_address_is_understood() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let cloud = deployment.cloudsim();
    let tenant = deployment.tenant("acme").await;
    let project = deployment.admin().await.project(&tenant.id).await;
    cloud.set_volume_quota(&project, VolumeQuota { volumes: 100, gigabytes: 100 });
    for form in forms() {
        cloud.set_catalogue_form(form.clone());
        cloud.expire_tokens();
        cloud.clear_record();
        for _ in 0..2 {
            let told = codes(deployment.grpc(), &tenant).await;
            assert_eq!(told.each_ref().map(|(code, _)| *code), [0, 0, 5], "{form:?}: {told:?}");
        }
        let asked = [Service::Compute, Service::Volume, Service::Share]
            .map(|service| cloud.count(service, "GET", ""));
        let once = u64::from(form.unversioned);
        assert_eq!(asked, [once; 3], "{form:?}: the versions are asked for once a session");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_the_deployments_fault_and_named_in_the_log() {
    needs_cloudsim!();
    let mut deployment = Deployment::builder().quick().at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    let host = HostProcess::start(&mut deployment).await;
    let cloud = deployment.cloudsim();
    for unversioned in [false, true] {
        cloud.set_catalogue_form(CatalogueForm { astray: true, unversioned, ..CatalogueForm::default() });
        cloud.expire_tokens();
        let told = codes(host.grpc(), &tenant).await;
        assert_eq!(told.each_ref().map(|(code, _)| *code), [14; 3], "{told:?}");
        for service in ["compute", "volume", "share"] {
            let is_named = |line: &Value| line.to_string().contains(&format!("/astray/{service}"));
            host.line(is_named).await;
        }
    }
}
