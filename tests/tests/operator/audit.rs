//! `patchbay audit` as an operator types it, and what happened to plugins on whose behalf; what is kept of it, and what is written
//! of a call whose caller does not wait.

use std::time::Duration;

use cloudsim::Fault;
use patchbay_proto::plugin::RollbackRequest;
use patchbay_proto::tenant::CreateTenantReq;
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_tests::command::patchbay;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use serde_json::Value;
use tonic::Request;

use crate::{PLUGIN, Stage};

const STATE_MAX: Duration = Duration::from_secs(60);

/// The entries that `patchbay audit` prints with these filters, the newest first.
async fn audit(deployment: &Deployment, filters: &[&str]) -> Vec<Value> {
    let done = patchbay(deployment, &[&["audit", "--json"], filters].concat()).await;
    assert_eq!(done.status, 0, "{done:?}");
    done.json()["entries"].as_array().unwrap().clone()
}

/// The same as soon as there are any.
async fn audited(deployment: &Deployment, filters: &[&str]) -> Vec<Value> {
    wait_for("an entry", STATE_MAX, async || {
        Some(audit(deployment, filters).await).filter(|found| !found.is_empty())
    })
    .await
}

#[tokio::test]
async fn what_happened_to_plugins_is_told_with_who_caused_it() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let host = &stage.deployment;
    let loaded = stage.load_hostile().await;
    let request = RollbackRequest { domain: "compute".to_owned(), region: String::new() };
    stage.plugins().rollback(host.operator(request)).await.unwrap();

    let [load] = audit(host, &["--action", "LoadPlugin"]).await.try_into().unwrap();
    assert_eq!((&load["name"], &load["outcome"]), (&"operator".into(), &"ok".into()));
    let named = load["named"].as_array().unwrap();
    let wanted = [format!("plugin={PLUGIN}"), format!("sha256={}", loaded.digest)].map(Value::from);
    assert_eq!(named[..], wanted);
    let [back] = audit(host, &["--action", "Rollback", "--by", "operator"]).await.try_into().unwrap();
    assert_eq!(back["named"], serde_json::json!(["domain=compute"]));

    let generation = format!("generation={}", loaded.number);
    let activated = audited(host, &["--kind", "event", "--action", "activated", "--on", &generation]).await;
    assert_eq!((&activated[0]["actor"], &activated[0]["name"]), (&"operator".into(), &"operator".into()));
    assert_eq!(activated[0]["digest"], loaded.digest.as_str());
    // What follows from it is the operator's doing too; what the host began with is nobody's.
    audited(host, &["--action", "rolled-back", "--by", "operator"]).await;
    audited(host, &["--action", "drained", "--by", "operator"]).await;
    let began =
        audited(host, &["--kind", "event", "--action", "admitted", "--plugin", "identity-keystone"]).await;
    assert_eq!((&began[0]["actor"], &began[0]["name"]), (&"host".into(), &"".into()));

    let people = patchbay(host, &["audit", "--action", "LoadPlugin"]).await;
    let row = people.out.lines().find(|line| line.contains("LoadPlugin")).unwrap();
    assert!(
        row.contains("operator operator") && row.contains("127.0.0.1") && row.contains(PLUGIN),
        "{people:?}"
    );
}

#[tokio::test]
async fn filters_narrow_and_a_limit_holds() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    for name in ["a", "b", "c"] {
        deployment.tenant(name).await;
    }
    let all = audit(&deployment, &["--action", "CreateTenant"]).await;
    assert_eq!(all.len(), 3);
    let middle = &all[1];
    let [one] =
        audit(&deployment, &["--request", middle["request_id"].as_str().unwrap()]).await.try_into().unwrap();
    assert_eq!(&one, middle);
    assert_eq!(audit(&deployment, &["--action", "CreateTenant", "--limit", "2"]).await[..], all[..2]);
    let (first, last) = (all[2]["time"].as_str().unwrap(), all[0]["time"].as_str().unwrap());
    let since = audit(&deployment, &["--action", "CreateTenant", "--since", last]).await;
    assert!(since.contains(&all[0]) && !since.contains(&all[2]), "{since:?}");
    assert!(audit(&deployment, &["--action", "CreateTenant", "--until", first]).await.is_empty());
    assert!(audit(&deployment, &["--outcome", "denied"]).await.is_empty());
    let wrong = patchbay(&deployment, &["audit", "--since", "yesterday"]).await;
    assert!(wrong.status == 1 && wrong.err.contains("since_time must be a time"), "{wrong:?}");
    let wrong = patchbay(&deployment, &["audit", "--kind", "reads"]).await;
    assert!(wrong.status == 1 && wrong.err.contains("kind must be one of"), "{wrong:?}");
}

#[tokio::test]
async fn a_flood_of_refusals_takes_no_change_with_it() {
    needs_cloudsim!();
    let bounds = "audit.rows_max = 5\noperation = { prune_interval_ms = 100 }";
    let deployment = Deployment::builder().toml(bounds).at_once().start().await;
    deployment.tenant("acme").await;
    for _ in 0..20 {
        let request = Request::new(CreateTenantReq { tenant_name: "intruder".to_owned() });
        TenantServiceClient::new(deployment.grpc()).create_tenant(request).await.unwrap();
    }
    wait_for("the oldest to be removed", STATE_MAX, async || {
        (audit(&deployment, &["--kind", "refusal"]).await.len() == 5).then_some(())
    })
    .await;
    assert_eq!(audit(&deployment, &["--kind", "change"]).await.len(), 1);
}

#[tokio::test]
async fn what_nobody_waits_for_is_given_up_in_the_trail_and_not_lost() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    deployment.cloudsim().fault(Fault { delay_ms: 3_000, ..Fault::default() });
    let mut request = deployment.operator(CreateTenantReq { tenant_name: "late".to_owned() });
    request.set_timeout(Duration::from_millis(300));
    let _ = TenantServiceClient::new(deployment.grpc()).create_tenant(request).await;
    let [entry] = audited(&deployment, &["--action", "CreateTenant"]).await.try_into().unwrap();
    assert_eq!((&entry["outcome"], &entry["named"][0]), (&"given-up".into(), &"tenant_name=late".into()));
    deployment.cloudsim().clear_faults();
}
