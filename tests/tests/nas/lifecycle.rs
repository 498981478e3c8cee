//! Making and removing shares. What is answered is compared with what the backend tells its administrator.

use patchbay_tests::admin::text;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, wait_for};
use serde_json::json;

use crate::NOT_FOUND;
use crate::backend::{Backend, on_both};
use crate::call::{create, delete, network, new_share, nothing_left, share, shown};

on_both!(a_share_lives);

async fn a_share_lives(backend: Backend) {
    let scene = Scene::start().await;
    let network = network(&scene, "10.20.0.0/24").await;
    let answer = create(&scene, new_share(&scene, backend, &network)).await;
    let msg = answer.msg.clone();
    let made = shown(answer);
    assert_eq!((made.share_name.as_str(), made.share_desc.as_str()), ("files-1", "for tests"));
    assert_eq!((made.share_proto.as_str(), made.share_size_in_g), ("NFS", 1));
    assert_eq!((made.network_id.as_str(), made.share_status.as_str()), (network.as_str(), "available"));
    assert!(made.region.contains(backend.region()) && !made.region.is_empty(), "{made:?}");
    assert!(!made.share_server_host.is_empty(), "{made:?}");
    assert!(msg.starts_with("Its export location is ") && msg.contains(":/"), "{msg}");

    let id = made.share_id;
    let seen = backend.shares(&scene).await;
    assert_eq!(seen, [(id.clone(), made.created_time[..19].to_owned())]);

    let gone = delete(&scene, &scene.tenant, &id).await;
    assert_eq!((gone.code, gone.share_id.as_str()), (0, id.as_str()), "{}", gone.msg);
    assert!(!gone.deleted_time.is_empty());
    nothing_left(&scene, backend).await;
    assert_eq!(delete(&scene, &scene.tenant, &id).await.code, NOT_FOUND);
}

/// The share network that was made for the first one goes with the last one.
#[tokio::test(flavor = "multi_thread")]
async fn shares_of_a_network_have_their_share_network_in_common() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.21.0.0/24").await;
    let manila = Backend::Manila;
    let (first, second) = (share(&scene, manila, &network).await, share(&scene, manila, &network).await);
    assert_eq!(first.share_network_id, second.share_network_id);
    assert_eq!((first.share_progress.as_str(), second.share_progress.as_str()), ("100%", "100%"));
    for (share, left) in [(&first, 1), (&second, 0)] {
        let share_networks = scene.admin.share_networks(&scene.project).await;
        let [share_network] = share_networks.as_slice() else { panic!("one, not {share_networks:?}") };
        assert_eq!(text(&share_network["id"]), share.share_network_id);
        let gone = delete(&scene, &scene.tenant, &share.share_id).await;
        assert_eq!(gone.code, 0, "{}", gone.msg);
        wait_for("the share to go", END_MAX, async || {
            let shares = manila.shares(&scene).await;
            shares.iter().all(|(id, _)| *id != share.share_id).then_some(())
        })
        .await;
        if left > 0 {
            assert_eq!(scene.admin.share_networks(&scene.project).await.len(), left);
        }
    }
    nothing_left(&scene, manila).await;
}

/// The array's volume is as large as was asked for, and its policy lets the network's addresses in and no others.
#[tokio::test(flavor = "multi_thread")]
async fn a_volume_is_exported_to_its_network_alone() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.29.0.0/24").await;
    share(&scene, Backend::Ontap, &network).await;
    let array = scene.deployment.array();
    let volumes = array.volumes(&scene.tenant.id).await;
    let [volume] = volumes.as_slice() else { panic!("one, not {volumes:?}") };
    let snapshot = &volume["space"]["snapshot"]["reserve_percent"];
    assert_eq!((&volume["size"], snapshot), (&json!(1_u64 << 30), &json!(0)));
    let policy = text(&volume["nas"]["export_policy"]["name"]);
    let policies = array.list(&format!("protocols/nfs/export-policies?name={policy}&fields=rules")).await;
    let rules = policies[0]["rules"].as_array().unwrap();
    assert_eq!((rules.len(), &rules[0]["clients"]), (1, &json!([{"match": "10.29.0.0/24"}])));
}
