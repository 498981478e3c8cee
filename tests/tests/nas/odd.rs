//! Manila as no document shows it: what a share type says in another form is the same.

use cloudsim::{Fault, Service};
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::call::{create, delete, network, new_share, nothing_left, shown};

/// The cloud's default type, whose shares have share servers and so need a share network.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_type_tells_in_any_form_that_it_has_share_servers() {
    needs_cloudsim!();
    let scene = Scene::start().await;
    let network = network(&scene, "10.33.0.0/24").await;
    let types = scene.admin.list("shared-file-system", "/types", "share_types").await;
    for form in [json!("1"), json!(true), json!("True"), json!(1)] {
        let mut types = types.clone();
        types[0]["required_extra_specs"]["driver_handles_share_servers"] = form.clone();
        types.push(Value::Null);
        let cloud = scene.deployment.cloudsim();
        cloud.clear_faults();
        cloud.fault(Fault::status(200, json!({ "share_types": types })).on(Service::Share, "GET", "/types"));
        let share = shown(create(&scene, new_share(&scene, Backend::Manila, &network)).await);
        assert!(!share.share_network_id.is_empty(), "{form}: {share:?}");
        let gone = delete(&scene, &scene.tenant, &share.share_id).await;
        assert_eq!(gone.code, 0, "{form}: {}", gone.msg);
        nothing_left(&scene, Backend::Manila).await;
    }
}
