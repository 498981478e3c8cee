//! A caller in a tenant's name, and what it asks of what others made for it. What it makes itself is in `disk`,
//! `group` and `vpc`.

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::image::ListImagesReq;
use patchbay_proto::image::image_service_client::ImageServiceClient;
use patchbay_proto::instance::GetInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::measured::scene::Scene;

use crate::client::Client;
use crate::rpc::Rpc;

/// Disks of the scene's instance, beside its system disk.
const DATA_DISKS: usize = 2;

/// One of the callers.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) scene: Scene,
}

/// What a caller made and has not deleted.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) caller: Caller,
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// How it was asked to be, in words.
    pub(crate) expected: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Disk,
    Group,
    Vpc,
}

impl Caller {
    pub(crate) async fn flavors(&self) {
        let mut client = FlavorServiceClient::new(self.client.channel.clone());
        let request: ListFlavorsReq = self.scene.tenant.request();
        let call = client.list_flavors(request);
        self.client.ask(Rpc::ListFlavors, call, |answer| (!answer.flavors.is_empty()).then_some(())).await;
    }

    pub(crate) async fn images(&self) {
        let mut client = ImageServiceClient::new(self.client.channel.clone());
        let request: ListImagesReq = self.scene.tenant.request();
        let call = client.list_images(request);
        self.client.ask(Rpc::ListImages, call, |answer| (!answer.images.is_empty()).then_some(())).await;
    }

    pub(crate) async fn instance(&self) {
        let mut client = InstanceServiceClient::new(self.client.channel.clone());
        let request =
            GetInstanceReq { instance_id: self.scene.instance_id.clone(), ..self.scene.tenant.request() };
        let whole = |instance: &patchbay_proto::instance::instance_res::Instance| {
            instance.instance_id == self.scene.instance_id && instance.data_disks.len() == DATA_DISKS
        };
        let call = client.get_instance(request);
        self.client.ask(Rpc::GetInstance, call, |answer| answer.instance.filter(whole)).await;
    }

    /// How a thing is now, in the words in which it was asked for.
    pub(crate) async fn shown(&self, kind: Kind, id: &str) -> Option<String> {
        match kind {
            Kind::Disk => self.disk(id).await,
            Kind::Group => self.group(id).await,
            Kind::Vpc => self.vpc(id).await,
        }
    }
}
