//! Who may mount a share: instances that its access rules let in, and how many others.

use patchbay_tests::Scene;
use patchbay_tests::admin::text;
use serde_json::json;

use crate::call::{mount_clients, network, share};

/// The cloud's administrator lets `to` in: the contract has no RPC for it.
async fn let_in(scene: &Scene, share: &str, kind: &str, to: &str) {
    let rule = json!({"allow_access": {"access_type": kind, "access_to": to, "access_level": "rw"}});
    let path = format!("/shares/{share}/action");
    let made = scene.admin.ask(reqwest::Method::POST, "shared-file-system", &path, Some(rule)).await;
    assert_eq!(text(&made["access"]["access_to"]), to, "{made}");
}

/// The instance's address in the network.
async fn address(scene: &Scene, instance: &str) -> String {
    let ports = scene.owned("ports").await;
    let port = ports.iter().find(|port| port["device_id"] == instance).unwrap();
    text(&port["fixed_ips"][0]["ip_address"])
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_told_as_instances() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.22.0.0/24").await;
    let share = share(&scene, &network).await.share_id;
    let nobody = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((nobody.code, nobody.msg.as_str(), nobody.instance_id), (0, "", Vec::new()));

    let instance = scene.instance_in("web", &network).await;
    let_in(&scene, &share, "ip", &address(&scene, &instance).await).await;
    let one = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((one.code, one.msg.as_str(), one.instance_id), (0, "", vec![instance.clone()]));

    let_in(&scene, &share, "ip", "10.22.0.0/24").await;
    let_in(&scene, &share, "ip", "192.0.2.7").await;
    let some = mount_clients(&scene, &scene.tenant, &share).await;
    assert_eq!((some.code, some.instance_id), (0, vec![instance]), "{}", some.msg);
    assert!(some.msg.starts_with("1 more client is left out"), "{}", some.msg);
}
