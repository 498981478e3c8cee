//! Another backend's plugin takes over a domain while calls go on: a NetApp array for Manila.

use std::time::Duration;

use cloudsim::{Options, Timing};
use patchbay_proto::nasdisk::nas_disk_service_client::NasDiskServiceClient;
use patchbay_proto::nasdisk::{CreateNasDiskReq, CreateNasDiskRes};
use patchbay_proto::plugin::{ActivateRequest, Generation};
use patchbay_proto::vpc::CreateVpcReq;
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_tests::configuration::array_stands_by;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::Stage;

/// So long that a switch falls into it.
const SHARE_CREATE_MS: u64 = 2_000;
/// How long an operation may take to begin.
const BEGIN_MAX: Duration = Duration::from_secs(30);

impl Stage {
    /// The generation of this plugin in the region of the compute route.
    async fn of(&self, plugin: &str) -> Generation {
        let region = self.nova().await.region;
        let fits = |generation: &Generation| generation.plugin == plugin && generation.region == region;
        self.list().await.into_iter().find(fits).unwrap()
    }

    async fn network(&self) -> String {
        let subnet = "10.8.0.0/24".to_owned();
        let request = CreateVpcReq { vpc_name: "files".to_owned(), subnet, ..self.tenant.request() };
        let answer = VpcServiceClient::new(self.deployment.grpc()).create_vpc(request).await.unwrap();
        answer.into_inner().vpc.unwrap().vpc_id
    }

    /// Makes a share, which can be waited for elsewhere.
    fn create_share(&self, network_id: &str) -> impl Future<Output = CreateNasDiskRes> + Send + use<> {
        let request = CreateNasDiskReq {
            share_name: "files-1".to_owned(),
            share_proto: "NFS".to_owned(),
            share_size_in_g: 1,
            network_id: network_id.to_owned(),
            ..self.tenant.request()
        };
        let channel = self.deployment.grpc();
        async move { NasDiskServiceClient::new(channel).create_nas_disk(request).await.unwrap().into_inner() }
    }

    /// How many shares of the tenant Manila has.
    async fn at_manila(&self) -> usize {
        let admin = self.deployment.admin().await;
        admin.shares(&admin.project(&self.tenant.id).await).await.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_one_plugin_begins_is_answered_by_it_and_the_next_one_is_the_others() {
    needs_cloudsim!();
    let timing = Timing { share_create_ms: SHARE_CREATE_MS, ..Timing::instant() };
    let builder =
        Deployment::builder().cloud(Options { timing, ..Options::default() }).config(array_stands_by);
    let deployment = builder.start().await;
    let tenant = deployment.tenant("acme").await;
    let stage = Stage { deployment, tenant };
    let (manila, array) = (stage.of("nas-manila").await, stage.of("nas-ontap").await);
    assert_eq!((manila.state.as_str(), array.state.as_str()), ("active", "standby"));

    let network = stage.network().await;
    let begun = tokio::spawn(stage.create_share(&network));
    wait_for("Manila's plugin to carry it", BEGIN_MAX, async || {
        (stage.generation(manila.number).await.operations == 1).then_some(())
    })
    .await;
    let request = stage.deployment.operator(ActivateRequest { generation: array.number });
    stage.plugins().activate(request).await.unwrap();
    let answer = begun.await.unwrap();
    assert_eq!((answer.code, stage.at_manila().await), (0, 1), "{}", answer.msg);

    let answer = stage.create_share(&network).await;
    assert_eq!((answer.code, stage.at_manila().await), (0, 1), "{}", answer.msg);
}
