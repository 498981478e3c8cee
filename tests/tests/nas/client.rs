//! Who may mount a share, or has: instances, and how many others.

use patchbay_tests::Scene;
use patchbay_tests::admin::text;

use crate::backend::{Backend, let_in, on_both};
use crate::call::{mount_clients, network, share};

/// The instance's address in the network.
async fn address(scene: &Scene, instance: &str) -> String {
    let ports = scene.owned("ports").await;
    let port = ports.iter().find(|port| port["device_id"] == instance).unwrap();
    text(&port["fixed_ips"][0]["ip_address"])
}

on_both!(clients_are_told_as_instances);

async fn clients_are_told_as_instances(backend: Backend) {
    let scene = Scene::start().await;
    let network = network(&scene, "10.22.0.0/24").await;
    let share = share(&scene, backend, &network).await.share_id;
    let nobody = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((nobody.code, nobody.msg.as_str(), nobody.instance_id), (0, "", Vec::new()));

    let instance = scene.instance_in("web", &network).await;
    let address = address(&scene, &instance).await;
    backend.add_client(&scene, &share, &address).await;
    let one = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((one.code, one.msg.as_str(), one.instance_id), (0, "", vec![instance.clone()]));

    backend.add_client(&scene, &share, "192.0.2.7").await;
    let some = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((some.code, some.instance_id), (0, vec![instance]), "{}", some.msg);
    assert!(some.msg.starts_with("1 more client is left out"), "{}", some.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_told_as_the_instances_in_it() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.28.0.0/24").await;
    let share = share(&scene, Backend::Manila, &network).await.share_id;
    let instance = scene.instance_in("web", &network).await;
    let_in(&scene, &share, "10.28.0.0/24").await;
    let told = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((told.code, told.instance_id, told.msg.as_str()), (0, vec![instance], ""));
}
