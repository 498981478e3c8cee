//! Manila and the array as no document shows them.

use cloudsim::{Effect, Fault, Service};
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::call::{create, create_once, delete, network, new_share, nothing_left, share, shown};
use crate::{INTERNAL, QUOTA, UNAVAILABLE};

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

/// What Manila says of a share that it does not know, as a node of its database that is behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_is_not_seen_is_deleted_all_the_same() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let network = network(&scene, "10.37.0.0/24").await;
    let share = share(&scene, Backend::Manila, &network).await;
    let body = json!({"itemNotFound": {"code": 404, "message": "The resource could not be found."}});
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(404, body).on(Service::Share, "DELETE", "/shares/").times(2));
    let deleted = delete(&scene, &scene.tenant, &share.share_id).await;
    assert_eq!(deleted.code, 0, "{}", deleted.msg);
    assert_eq!(cloud.unused_faults(), []);
    nothing_left(&scene, Backend::Manila).await;
}

fn locations(shown: &[(&str, bool, bool)]) -> Value {
    let one = |(path, preferred, is_admin_only): &(&str, bool, bool)| json!({"id": path, "path": path, "preferred": preferred, "is_admin_only": is_admin_only});
    json!({"export_locations": shown.iter().map(one).collect::<Vec<_>>()})
}

/// Of those that the tenant can use, one in its network; the backend's preference comes after that.
#[tokio::test(flavor = "multi_thread")]
async fn the_export_location_is_one_that_the_tenant_can_mount() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let network = network(&scene, "10.34.0.0/24").await;
    let cloud = scene.deployment.cloudsim();
    for (shown_to_it, told) in [
        (&[("192.0.2.9:/admin", true, true), ("10.34.0.9:/a/b/c", false, false)][..], "10.34.0.9:/a/b/c"),
        (&[("192.0.2.9:/far", true, false), ("10.34.0.9:/near", false, false)], "10.34.0.9:/near"),
        (&[("[fd00::9]:/six", false, false), ("[fd00::8]:/eight", true, false)], "[fd00::8]:/eight"),
    ] {
        cloud.clear_faults();
        let body = locations(shown_to_it);
        cloud.fault(Fault::status(200, body).on(Service::Share, "GET", "/export_locations"));
        let answer = create(&scene, new_share(&scene, Backend::Manila, &network)).await;
        assert!(answer.msg.contains(&format!("Its export location is {told}.")), "{}", answer.msg);
        let share = shown(answer);
        assert_eq!(delete(&scene, &scene.tenant, &share.share_id).await.code, 0);
        nothing_left(&scene, Backend::Manila).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_is_exported_a_moment_later_is_waited_for() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let network = network(&scene, "10.35.0.0/24").await;
    let none = Fault::status(200, locations(&[])).on(Service::Share, "GET", "/export_locations");
    scene.deployment.cloudsim().fault(none.times(3));
    let answer = create(&scene, new_share(&scene, Backend::Manila, &network)).await;
    assert!(answer.code == 0 && answer.msg.contains("Its export location is"), "{}", answer.msg);
}

/// A look at another node of Manila's database.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_is_not_seen_at_once_is_not_undone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let network = network(&scene, "10.36.0.0/24").await;
    let absent = json!({"itemNotFound": {"code": 404, "message": "Share could not be found."}});
    let behind = Fault::status(404, absent).on(Service::Share, "GET", "/shares/").times(2);
    scene.deployment.cloudsim().fault(behind);
    shown(create(&scene, new_share(&scene, Backend::Manila, &network)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_array_without_records_goes_on() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.37.0.0/24").await;
    let next = json!({"href": "/api/storage/volumes?fields=uuid%2Cname%2Ccomment%2Csvm&max_records=1000"});
    let page = json!({"records": [], "num_records": 0, "_links": {"next": next}});
    let fault = Fault::status(200, page).on(Service::Ontap, "GET", "/storage/volumes");
    scene.deployment.array_control().fault(fault.times(1));
    let share = shown(create(&scene, new_share(&scene, Backend::Ontap, &network)).await);
    assert_eq!(delete(&scene, &scene.tenant, &share.share_id).await.code, 0);
    nothing_left(&scene, Backend::Ontap).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_without_an_error_is_told_by_its_code_and_words() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.38.0.0/24").await;
    let array = scene.deployment.array_control();
    for (code, message, expected) in [
        (460_770, "There is not enough space in aggregate aggr1.", QUOTA),
        (460_770, "Node n1 at 10.0.0.5 is down.", INTERNAL),
    ] {
        let job = json!({"uuid": "5f0c1a52-0000-4000-8000-000000000000", "state": "failure", "code": code, "message": message});
        array.clear_faults();
        array.fault(Fault::status(200, job).on(Service::Ontap, "GET", "/cluster/jobs/").times(1));
        let answer = create_once(&scene, new_share(&scene, Backend::Ontap, &network)).await;
        assert_eq!(answer.code, expected, "{}", answer.msg);
        assert!(!answer.msg.contains("10.0.0.5"), "{}", answer.msg);
        nothing_left(&scene, Backend::Ontap).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_arrays_code_says_whose_fault_it_is() {
    let scene = Scene::start().await;
    let network = network(&scene, "10.39.0.0/24").await;
    let array = scene.deployment.array_control();
    for (code, target, expected) in [
        ("787140", "", UNAVAILABLE),
        ("999999", "", INTERNAL),
        ("2", "aggregates.name", INTERNAL),
        ("2", "size", crate::INVALID),
    ] {
        let body = json!({"error": {"message": "aggr1 says no", "code": code, "target": target}});
        let effect = Effect::Status { status: 400, body, headers: [].into() };
        array.clear_faults();
        array.fault(Fault::once(effect).on(Service::Ontap, "POST", "/storage/volumes"));
        let answer = create_once(&scene, new_share(&scene, Backend::Ontap, &network)).await;
        assert_eq!(answer.code, expected, "{code} {target}: {}", answer.msg);
        assert!(!answer.msg.contains("aggr1"), "{}", answer.msg);
        nothing_left(&scene, Backend::Ontap).await;
    }
}
