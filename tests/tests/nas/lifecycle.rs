//! Making and removing shares. What is answered is compared with what the cloud tells its administrator.

use patchbay_tests::admin::text;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, wait_for};

use crate::NOT_FOUND;
use crate::call::{create, delete, network, new_share, nothing_left, share, shown};

#[tokio::test(flavor = "multi_thread")]
async fn a_share_lives() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.20.0.0/24").await;
    let answer = create(&scene, new_share(&scene, &network)).await;
    let msg = answer.msg.clone();
    let made = shown(answer);
    assert_eq!((made.share_name.as_str(), made.share_desc.as_str()), ("files-1", "for tests"));
    assert_eq!((made.share_proto.as_str(), made.share_size_in_g), ("NFS", 1));
    assert_eq!((made.network_id.as_str(), made.share_status.as_str()), (network.as_str(), "available"));
    assert_eq!(made.share_progress, "100%");
    assert!(!made.region.is_empty() && !made.share_server_host.is_empty(), "{made:?}");
    assert!(msg.starts_with("Its export location is ") && msg.contains(":/"), "{msg}");

    let shares = scene.admin.shares(&scene.project).await;
    let [seen] = shares.as_slice() else { panic!("one share, not {shares:?}") };
    assert_eq!(
        (made.share_id, made.share_network_id.clone()),
        (text(&seen["id"]), text(&seen["share_network_id"]))
    );
    assert_eq!(made.created_time[..19], text(&seen["created_at"])[..19]);
    let share_networks = scene.admin.share_networks(&scene.project).await;
    let [share_network] = share_networks.as_slice() else { panic!("one, not {share_networks:?}") };
    assert_eq!(text(&share_network["id"]), made.share_network_id);

    let id = text(&seen["id"]);
    let gone = delete(&scene, &scene.tenant, &id).await;
    assert_eq!((gone.code, gone.share_id.as_str()), (0, id.as_str()), "{}", gone.msg);
    assert!(!gone.deleted_time.is_empty());
    nothing_left(&scene).await;
    assert_eq!(delete(&scene, &scene.tenant, &id).await.code, NOT_FOUND);
}

/// The share network that was made for the first one goes with the last one.
#[tokio::test(flavor = "multi_thread")]
async fn shares_of_a_network_have_their_share_network_in_common() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.21.0.0/24").await;
    let (first, second) = (share(&scene, &network).await, share(&scene, &network).await);
    assert_eq!(first.share_network_id, second.share_network_id);
    for (share, left) in [(&first, 1), (&second, 0)] {
        let gone = delete(&scene, &scene.tenant, &share.share_id).await;
        assert_eq!(gone.code, 0, "{}", gone.msg);
        wait_for("the share to go", END_MAX, async || {
            let shares = scene.admin.shares(&scene.project).await;
            shares.iter().all(|one| one["id"] != share.share_id).then_some(())
        })
        .await;
        if left > 0 {
            assert_eq!(scene.admin.share_networks(&scene.project).await.len(), left);
        }
    }
    nothing_left(&scene).await;
}
