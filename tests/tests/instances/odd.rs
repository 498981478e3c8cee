//! Flavors and instances as no document shows them: an odd field is converted or empty, and costs neither the list nor the
//! instance.

use cloudsim::{Fault, Service};
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::flavor::{Flavor, GetFlavorReq, ListFlavorsReq};
use patchbay_proto::instance::GetInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Scene, Tenant, needs_cloudsim};
use serde_json::{Value, json};
use tonic::transport::Channel;

/// A flavor as it should be.
fn flavor(id: &str) -> Value {
    json!({"id": id, "name": id, "vcpus": 1, "ram": 512, "disk": 1})
}

/// The same, with this in the place of a field; without the field where that is none.
fn odd(field: &str, value: Option<Value>) -> Value {
    let mut flavor = flavor("odd");
    match value {
        Some(value) => flavor[field] = value,
        None => drop(flavor.as_object_mut().unwrap().remove(field)),
    }
    flavor
}

/// Each oddity, and vCPUs, memory and disk of what is told.
fn table() -> [(Value, [&'static str; 3]); 9] {
    [
        (odd("disk", Some(json!(null))), ["1", "512", "0"]),
        (odd("vcpus", Some(json!(2.0))), ["2", "512", "1"]),
        (odd("vcpus", Some(json!("2"))), ["2", "512", "1"]),
        (odd("vcpus", Some(json!("many"))), ["0", "512", "1"]),
        (odd("ram", None), ["1", "0", "1"]),
        (odd("ram", Some(json!(5_000_000_000_u64))), ["1", "4294967295", "1"]),
        (odd("ram", Some(json!(-1))), ["1", "0", "1"]),
        (odd("disk", Some(json!([1, {"a": 2}]))), ["1", "512", "0"]),
        (odd("links", Some(json!(null))), ["1", "512", "1"]),
    ]
}

/// Answers every look at flavors with this.
fn answer(deployment: &Deployment, body: Value) {
    let cloud = deployment.cloudsim();
    cloud.clear_faults();
    cloud.fault(Fault::status(200, body).on(Service::Compute, "GET", "/flavors"));
}

async fn flavors(host: Channel, tenant: &Tenant) -> Vec<Flavor> {
    let request: ListFlavorsReq = tenant.request();
    let answer = FlavorServiceClient::new(host).list_flavors(request).await.unwrap().into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.flavors
}

fn told(flavor: &Flavor) -> [&str; 3] {
    [&flavor.flavor_vcpus, &flavor.flavor_ram, &flavor.flavor_disk].map(String::as_str)
}

fn ids(flavors: &[Flavor]) -> Vec<&str> {
    flavors.iter().map(|flavor| flavor.flavor_id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_field_of_a_flavor_is_converted_or_empty() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    for (odd, expected) in table() {
        answer(&deployment, json!({"flavors": [flavor("first"), odd.clone(), flavor("last")]}));
        let listed = flavors(deployment.grpc(), &tenant).await;
        assert_eq!(ids(&listed), ["first", "odd", "last"], "{odd}");
        assert_eq!(told(&listed[1]), expected, "{odd}");

        answer(&deployment, json!({"flavor": odd.clone()}));
        let request = GetFlavorReq { flavor_id: "odd".to_owned(), ..tenant.request() };
        let shown =
            FlavorServiceClient::new(deployment.grpc()).get_flavor(request).await.unwrap().into_inner();
        assert_eq!(shown.code, 0, "{odd}: {}", shown.msg);
        assert_eq!(told(&shown.flavor.unwrap()), expected, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_left_out_and_logged() {
    needs_cloudsim!();
    let mut deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let host = HostProcess::start(&mut deployment).await;
    let items = [flavor("first"), odd("id", None), json!(null), json!("flavor"), flavor("last")];
    answer(&deployment, json!({ "flavors": items }));
    assert_eq!(ids(&flavors(host.grpc(), &tenant).await), ["first", "last"]);
    let is_told = |line: &Value| {
        line["level"] == "WARN"
            && line["message"].as_str().is_some_and(|told| told.contains("3 items of a list"))
    };
    host.line(is_told).await;
}

/// An instance is known by its id, and can be shown with nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_shown_with_what_there_is_of_it() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let null = json!({"id": "odd", "name": null, "status": null, "created": null, "updated": null, "flavor": null,
        "image": null, "addresses": null, "security_groups": null, "os-extended-volumes:volumes_attached": null});
    let other = json!({"id": "odd", "name": 7, "status": true, "created": 0, "updated": "soon", "flavor": "small",
        "image": "", "addresses": {"net": null}, "security_groups": [null, {"name": "web"}],
        "os-extended-volumes:volumes_attached": {}});
    for (server, name, groups) in [(json!({"id": "odd"}), "", 0), (null, "", 0), (other, "7", 1)] {
        let cloud = deployment.cloudsim();
        cloud.clear_faults();
        cloud.fault(Fault::status(200, json!({"server": server.clone()})).on(
            Service::Compute,
            "GET",
            "/servers/",
        ));
        let request = GetInstanceReq { instance_id: "odd".to_owned(), ..tenant.request() };
        let answer =
            InstanceServiceClient::new(deployment.grpc()).get_instance(request).await.unwrap().into_inner();
        assert_eq!(answer.code, 0, "{server}: {}", answer.msg);
        let shown = answer.instance.unwrap();
        assert_eq!((shown.instance_id.as_str(), shown.instance_name.as_str()), ("odd", name), "{server}");
        assert_eq!((shown.created_time.as_str(), shown.updated_time.as_str()), ("", ""), "{server}");
        assert_eq!(shown.security_group_name.len(), groups, "{server}");
    }
}

/// Nova's words repeat the group's name, which decides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn two_groups_of_one_name_are_told_by_the_field() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    for name in ["web", "duplicate", "already exists", "quota exceeded"] {
        let message = format!(
            "Multiple security_group matches found for name '{name}', use an ID to be more specific."
        );
        let body = json!({"conflictingRequest": {"code": 409, "message": message}});
        let cloud = scene.deployment.cloudsim();
        cloud.clear_faults();
        cloud.fault(Fault::status(409, body).on(Service::Compute, "POST", "/servers"));
        let request = scene.tenant.instance(&scene.admin.offer().await, "web", &[]);
        let mut instances = InstanceServiceClient::new(scene.deployment.grpc());
        let answer = instances.create_instance(request).await.unwrap().into_inner();
        assert_eq!(answer.code, 9, "{name}: {}", answer.msg);
        assert!(answer.msg.starts_with("security_group_name: there is more than one"), "{}", answer.msg);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_knows_no_marker_ends() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let next = json!([{"rel": "next", "href": "http://cloud/flavors/detail?marker=b"}]);
    answer(&deployment, json!({"flavors": [flavor("a"), flavor("b")], "flavors_links": next}));
    assert_eq!(ids(&flavors(deployment.grpc(), &tenant).await), ["a", "b"]);
    deployment.cloudsim().clear_record();
    let request = ListFlavorsReq { page_number: 50, page_size: 100, ..tenant.request() };
    let far = FlavorServiceClient::new(deployment.grpc()).list_flavors(request).await.unwrap().into_inner();
    assert_eq!((far.code, far.flavors.len()), (0, 0), "{}", far.msg);
    assert_eq!(deployment.cloudsim().count(Service::Compute, "GET", "/v2.1/flavors/detail"), 2);
}

/// Cinder shows no device for a while: what a server can start from, and stands first, is the system disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_system_disk_without_a_device_is_known() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.instance("web").await;
    let offer = scene.admin.offer().await;
    let mut root = scene.volumes().await.remove(0);
    root["attachments"][0]["device"] = json!(null);
    let root_id = root["id"].as_str().unwrap().to_owned();
    let cloud = scene.deployment.cloudsim();
    let mut told = Vec::new();
    // What it was made of, and that one can start from it, shows a while later.
    for (bootable, metadata) in [("false", json!(null)), ("true", root["volume_image_metadata"].clone())] {
        (root["bootable"], root["volume_image_metadata"]) = (json!(bootable), metadata);
        cloud.clear_faults();
        let fault = Fault::status(200, json!({"volume": root.clone()}));
        cloud.fault(fault.on(Service::Volume, "GET", &format!("/volumes/{root_id}")));
        let request = GetInstanceReq { instance_id: id.clone(), ..scene.tenant.request() };
        let answer = InstanceServiceClient::new(scene.deployment.grpc()).get_instance(request).await.unwrap();
        let shown = answer.into_inner().instance.unwrap();
        told.push((shown.system_disk.map(|disk| disk.size_in_g), shown.data_disks.len(), shown.image_ref));
    }
    assert_eq!(told, [(None, 1, String::new()), (Some(1), 0, offer.image)]);
}
