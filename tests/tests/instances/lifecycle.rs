//! The main job from end to end, on both clouds and both databases. What is answered is compared with what the
//! cloud itself tells its administrator.

use std::time::Duration;

use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::flavor::{Flavor, GetFlavorReq, ListFlavorsReq};
use patchbay_proto::image::image_service_client::ImageServiceClient;
use patchbay_proto::image::{GetImageReq, ListImagesReq};
use patchbay_proto::instance::instance_res::Instance;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{
    DeleteInstanceReq, GetInstanceReq, InstanceRes, OperateInstanceReq, UpdateInstanceFlavorReq,
};
use patchbay_tests::admin::{Admin, Offer, text};
use patchbay_tests::postgres::Postgres;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use serde_json::Value;
use tonic::transport::Channel;

/// How long one operation may take on a real cloud that others use too.
const OPERATION_MAX: Duration = Duration::from_secs(120);

/// The six operations in an order in which each is allowed, and the state that each leads to.
const OPERATIONS: [(&str, &str); 6] = [
    ("stop", "SHUTOFF"),
    ("start", "ACTIVE"),
    ("softreboot", "ACTIVE"),
    ("hardreboot", "ACTIVE"),
    ("suspend", "SUSPENDED"),
    ("resume", "ACTIVE"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_lives_on_sqlite() {
    lifecycle(&Deployment::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_lives_on_postgres() {
    needs_cloudsim!();
    let postgres = Postgres::start().await.unwrap();
    let url = postgres.database("patchbay").unwrap();
    let mut deployment = Deployment::builder().database(&url).start().await;
    lifecycle(&deployment).await;
    deployment.stop().await;
}

async fn lifecycle(deployment: &Deployment) {
    let tenant = deployment.tenant("Acme 云").await;
    let admin = deployment.admin().await;
    let offer = admin.offer().await;
    flavors(deployment, &tenant, &admin, &offer).await;
    images(deployment, &tenant, &admin, &offer).await;
    let project = admin.project(&tenant.id).await;
    let life = Life { instances: InstanceServiceClient::new(deployment.grpc()), tenant, admin, project };
    let id = life.create(&offer).await;
    for (operation, leads_to) in OPERATIONS {
        life.operate(&id, operation, leads_to).await;
    }
    life.resize(&id, &offer).await;
    life.delete(&id).await;
}

async fn flavors(deployment: &Deployment, tenant: &Tenant, admin: &Admin, offer: &Offer) {
    let mut flavors = FlavorServiceClient::new(deployment.grpc());
    let list = flavors.list_flavors(tenant.request::<ListFlavorsReq>()).await.unwrap().into_inner();
    assert_eq!(list.code, 0, "{}", list.msg);
    let shown = admin.flavors().await.iter().map(|flavor| text(&flavor["id"])).collect();
    let listed = list.flavors.iter().map(|flavor| flavor.flavor_id.clone()).collect();
    assert_eq!(sorted(listed), sorted(shown));

    let request = GetFlavorReq { flavor_id: offer.flavor.clone(), ..tenant.request() };
    let one = flavors.get_flavor(request).await.unwrap().into_inner();
    let tiny = Flavor {
        flavor_id: offer.flavor.clone(),
        flavor_name: "m1.tiny".to_owned(),
        flavor_vcpus: "1".to_owned(),
        flavor_ram: "512".to_owned(),
        flavor_disk: "1".to_owned(),
    };
    assert_eq!((one.code, one.flavor.as_ref()), (0, Some(&tiny)), "{}", one.msg);
    assert!(list.flavors.contains(&tiny), "{:?}", list.flavors);
}

async fn images(deployment: &Deployment, tenant: &Tenant, admin: &Admin, offer: &Offer) {
    let mut images = ImageServiceClient::new(deployment.grpc());
    let list = images.list_images(tenant.request::<ListImagesReq>()).await.unwrap().into_inner();
    assert_eq!(list.code, 0, "{}", list.msg);
    let shown = admin.images().await.iter().map(|image| text(&image["id"])).collect();
    let listed = list.images.iter().map(|image| image.image_id.clone()).collect();
    assert_eq!(sorted(listed), sorted(shown));

    let request = GetImageReq { image_id: offer.image.clone(), ..tenant.request() };
    let one = images.get_image(request).await.unwrap().into_inner();
    assert_eq!(one.code, 0, "{}", one.msg);
    let image = one.image.unwrap();
    let real = admin.ask(reqwest::Method::GET, "image", &format!("/images/{}", offer.image), None).await;
    assert_eq!(image.image_name, real["name"]);
    assert_eq!(image.image_diskformat, real["disk_format"]);
    assert_eq!(image.image_containerformat, real["container_format"]);
}

/// One tenant's instance, and the cloud's own view of it.
struct Life {
    instances: InstanceServiceClient<Channel>,
    tenant: Tenant,
    admin: Admin,
    project: String,
}

impl Life {
    async fn create(&self, offer: &Offer) -> String {
        let request = self.tenant.instance(offer, "web-1", &[2, 3]);
        let answer = self.instances.clone().create_instance(request).await.unwrap();
        assert!(answer.metadata().contains_key("x-operation-id"), "{answer:?}");
        let made = shown(answer.into_inner());
        let instance =
            self.settled(&made.instance_id, "ACTIVE", |instance| instance.data_disks.len() == 2).await;
        let mut sizes: Vec<i32> = instance.data_disks.iter().map(|disk| disk.size_in_g).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [2, 3]);
        assert_eq!(instance.system_disk.as_ref().map(|disk| disk.size_in_g), Some(1));
        assert_eq!(instance.instance_name, "web-1");
        assert_eq!(instance.flavor.as_ref().map(|flavor| &flavor.flavor_id), Some(&offer.flavor));
        assert_eq!((&instance.image_ref, &instance.network_uuid), (&offer.image, &offer.network));
        self.is_what_the_cloud_has(&instance).await;
        instance.instance_id
    }

    /// Nothing in the answer is an echo: the cloud tells its administrator the same.
    async fn is_what_the_cloud_has(&self, instance: &Instance) {
        let server = self.server(&instance.instance_id).await;
        assert_eq!(instance.instance_status, server["status"]);
        assert_eq!(instance.instance_name, server["name"]);
        assert_eq!(instance.availability_zone, server["OS-EXT-AZ:availability_zone"]);
        assert_eq!(instance.created_time, server["created"]);
        let addresses = server["addresses"].as_object().unwrap().values();
        let mut addresses = addresses.flat_map(|network| network.as_array().unwrap());
        assert!(addresses.any(|address| instance.instance_addr == address["addr"]), "{instance:?}");
        let volumes = self.admin.volumes(&self.project).await;
        let mut real: Vec<i64> = volumes.iter().map(|volume| volume["size"].as_i64().unwrap()).collect();
        real.sort_unstable();
        assert_eq!(real, [1, 2, 3]);
        assert!(volumes.iter().all(|volume| volume["status"] == "in-use"), "{volumes:?}");
    }

    async fn operate(&self, id: &str, operation: &str, leads_to: &str) {
        let request = OperateInstanceReq {
            instance_id: id.to_owned(),
            operate_type: operation.to_owned(),
            ..self.tenant.request()
        };
        let answer = self.instances.clone().operate_instance(request).await.unwrap().into_inner();
        assert_eq!(answer.code, 0, "{operation}: {}", answer.msg);
        assert_eq!((answer.instance_id.as_str(), answer.operate_type.as_str()), (id, operation));
        self.settled(id, leads_to, |_| true).await;
        assert_eq!(self.server(id).await["status"], leads_to, "{operation}");
    }

    async fn resize(&self, id: &str, offer: &Offer) {
        let (instance_id, flavor_ref) = (id.to_owned(), offer.larger.clone());
        let request = UpdateInstanceFlavorReq { instance_id, flavor_ref, ..self.tenant.request() };
        shown(self.instances.clone().update_instance_flavor(request).await.unwrap().into_inner());
        let is_larger =
            |instance: &Instance| instance.flavor.as_ref().is_some_and(|f| f.flavor_id == offer.larger);
        let instance = self.settled(id, "ACTIVE", is_larger).await;
        assert_eq!(instance.data_disks.len(), 2);
        let server = self.server(id).await;
        assert_eq!(server["status"], "ACTIVE");
        assert_eq!(server["flavor"]["id"], offer.larger);
    }

    async fn delete(&self, id: &str) {
        let request = DeleteInstanceReq { instance_id: id.to_owned(), ..self.tenant.request() };
        let answer = self.instances.clone().delete_instance(request).await.unwrap().into_inner();
        assert_eq!((answer.code, answer.instance_id.as_str()), (0, id), "{}", answer.msg);
        wait_for("the instance to be gone", OPERATION_MAX, async || {
            (self.get(id).await.code == 5).then_some(())
        })
        .await;
        assert!(self.admin.servers(&self.project).await.is_empty());
        let volumes = wait_for("the system disk to be gone", OPERATION_MAX, async || {
            let volumes = self.admin.volumes(&self.project).await;
            (volumes.len() == 2).then_some(volumes)
        });
        let mut sizes: Vec<i64> =
            volumes.await.iter().map(|volume| volume["size"].as_i64().unwrap()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [2, 3]);
    }

    /// The instance once it is in `status` and `holds`: an operation may outlive the call that began it.
    async fn settled(&self, id: &str, status: &str, holds: impl Fn(&Instance) -> bool) -> Instance {
        wait_for(&format!("{id} to be {status}"), OPERATION_MAX, async || {
            let instance = shown(self.get(id).await);
            (instance.instance_status == status && holds(&instance)).then_some(instance)
        })
        .await
    }

    async fn get(&self, id: &str) -> InstanceRes {
        let request = GetInstanceReq { instance_id: id.to_owned(), ..self.tenant.request() };
        self.instances.clone().get_instance(request).await.unwrap().into_inner()
    }

    async fn server(&self, id: &str) -> Value {
        let servers = self.admin.servers(&self.project).await;
        servers.into_iter().find(|server| server["id"] == id).unwrap()
    }
}

fn shown(answer: InstanceRes) -> Instance {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.instance.unwrap()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}
