//! `patchbay tenant list`, `get`, `rotate-key`, `suspend` and `resume` as an operator types them, and what the tenant's calls are
//! answered then.

use std::time::Duration;

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::command::{command, patchbay};
use patchbay_tests::postgres::Postgres;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use serde_json::Value;

const STATE_MAX: Duration = Duration::from_secs(60);

/// What `patchbay tenant …` prints as JSON.
async fn tenant(deployment: &Deployment, arguments: &[&str]) -> Value {
    let done = patchbay(deployment, &[&["tenant", "--json"], arguments].concat()).await;
    assert_eq!(done.status, 0, "{done:?}");
    done.json()
}

/// The code that the tenant's call is answered with.
async fn code(deployment: &Deployment, tenant: &Tenant) -> i32 {
    let request: ListFlavorsReq = tenant.request();
    FlavorServiceClient::new(deployment.grpc()).list_flavors(request).await.unwrap().into_inner().code
}

#[tokio::test]
async fn tenants_are_listed_and_shown() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let (one, two) = (deployment.tenant("Acme").await, deployment.tenant("other").await);
    let listed = tenant(&deployment, &["list"]).await;
    let mut ids: Vec<_> =
        listed["tenants"].as_array().unwrap().iter().map(|tenant| tenant["tenant_id"].clone()).collect();
    let mut both = [Value::from(&*one.id), Value::from(&*two.id)];
    both.sort_by_key(Value::to_string);
    assert_eq!(ids, both, "in the order of the ids");
    ids = tenant(&deployment, &["list", "--name", "Acme"]).await["tenants"].as_array().unwrap().clone();
    assert_eq!((ids.len(), &ids[0]["tenant_id"]), (1, &Value::from(&*one.id)));
    let shown = &tenant(&deployment, &["get", &one.id]).await["tenant"];
    assert_eq!((&shown["tenant_name"], &shown["state"]), (&"Acme".into(), &"active".into()));
    assert!(shown["created_time"].as_str().unwrap().ends_with('Z'), "{shown}");
    assert_eq!(shown["project_id"].as_str().unwrap().len(), 32);
    let people = patchbay(&deployment, &["tenant", "list"]).await;
    let row = people.out.lines().find(|line| line.contains(&one.id)).unwrap();
    assert!(
        row.contains("Acme") && row.contains("active") && !people.out.contains(&one.apikey),
        "{people:?}"
    );
    for (id, told) in [("t-9999999999", "There is no such tenant."), ("acme", "ten digits")] {
        for what in ["get", "suspend", "resume", "rotate-key"] {
            let none = patchbay(&deployment, &["tenant", what, id]).await;
            assert!(none.status == 1 && none.err.contains(told), "{what}: {none:?}");
        }
    }
}

#[tokio::test]
async fn both_keys_hold_for_a_time_and_then_the_new_one_alone() {
    needs_cloudsim!();
    let deployment = Deployment::builder().toml("tenant.refresh_ms_min = 1").at_once().start().await;
    let first = deployment.tenant("acme").await;
    let rotated = tenant(&deployment, &["rotate-key", &first.id]).await;
    assert_eq!(rotated["previous_key_ms"], 86_400_000);
    let second = Tenant { apikey: rotated["apikey"].as_str().unwrap().to_owned(), ..first.clone() };
    assert_ne!(second.apikey, first.apikey);
    assert_eq!((code(&deployment, &first).await, code(&deployment, &second).await), (0, 0));
    assert!(
        tenant(&deployment, &["get", &first.id]).await["tenant"]["previous_key_ms"].as_u64().unwrap() > 0
    );

    // One from before the one before holds no longer.
    let rotated = tenant(&deployment, &["rotate-key", &first.id, "--overlap-ms", "1500"]).await;
    let third = Tenant { apikey: rotated["apikey"].as_str().unwrap().to_owned(), ..first.clone() };
    assert_eq!((code(&deployment, &first).await, code(&deployment, &third).await), (16, 0));
    wait_for("the time of the second to be over", STATE_MAX, async || {
        (code(&deployment, &second).await == 16).then_some(())
    })
    .await;
    assert_eq!(code(&deployment, &third).await, 0);
    let rotated = tenant(&deployment, &["rotate-key", &first.id, "--overlap-ms", "0"]).await;
    let fourth = Tenant { apikey: rotated["apikey"].as_str().unwrap().to_owned(), ..first.clone() };
    assert_eq!((code(&deployment, &third).await, code(&deployment, &fourth).await), (16, 0));

    let long =
        patchbay(&deployment, &["tenant", "rotate-key", &first.id, "--overlap-ms", "2592000001"]).await;
    assert!(long.status == 1 && long.err.contains("tenant.key_overlap_ms_max"), "{long:?}");
    // Neither key is in the audit trail.
    let trail = patchbay(&deployment, &["audit", "--json", "--action", "RotateApiKey"]).await;
    assert_eq!(trail.json()["entries"].as_array().unwrap().len(), 4, "{trail:?}");
    for key in [first, second, third, fourth].map(|tenant| tenant.apikey) {
        assert!(!trail.out.contains(&key), "{trail:?}");
    }
}

#[tokio::test]
async fn both_keys_outlive_a_restart() {
    needs_cloudsim!();
    let mut deployment = Deployment::builder().toml("tenant.refresh_ms_min = 1").at_once().start().await;
    let first = deployment.tenant("acme").await;
    let rotated = tenant(&deployment, &["rotate-key", &first.id]).await;
    let second = Tenant { apikey: rotated["apikey"].as_str().unwrap().to_owned(), ..first.clone() };
    deployment.restart().await;
    assert_eq!((code(&deployment, &first).await, code(&deployment, &second).await), (0, 0));
}

/// What this host does not know, another one has changed.
#[tokio::test(flavor = "multi_thread")]
async fn another_host_of_the_database_knows_it_too() {
    needs_cloudsim!();
    let postgres = Postgres::start().await.unwrap();
    let database = postgres.database("patchbay").unwrap();
    let builder = Deployment::builder().database(&database).at_once();
    let builder = builder.toml("tenant = { refresh_ms_min = 1, cache_ttl_ms = 200 }");
    let deployment = builder.start().await;
    let first = deployment.tenant("acme").await;
    assert_eq!(code(&deployment, &first).await, 0);
    let other = HostProcess::beside(&deployment, "info").await;
    let by_the_other = async |arguments: &[&str]| {
        let mut command = command(&deployment, &[&["tenant", "--json"], arguments].concat());
        let done = command.env("PATCHBAY_GRPC", other.endpoint()).output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let rotated = by_the_other(&["rotate-key", &first.id, "--overlap-ms", "0"]).await;
    let second = Tenant { apikey: rotated["apikey"].as_str().unwrap().to_owned(), ..first.clone() };
    assert_eq!(code(&deployment, &second).await, 0, "at once");
    wait_for("the old key to be over", STATE_MAX, async || {
        (code(&deployment, &first).await == 16).then_some(())
    })
    .await;
    by_the_other(&["suspend", &first.id]).await;
    wait_for("its calls to be refused", STATE_MAX, async || {
        (code(&deployment, &second).await == 7).then_some(())
    })
    .await;
    by_the_other(&["resume", &first.id]).await;
    wait_for("its calls to be taken", STATE_MAX, async || {
        (code(&deployment, &second).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_until_it_is_resumed() {
    needs_cloudsim!();
    let mut deployment = Deployment::builder().at_once().start().await;
    let (acme, other) = (deployment.tenant("acme").await, deployment.tenant("other").await);
    let standing = tenant(&deployment, &["suspend", &acme.id]).await;
    assert_eq!(standing["tenant"]["state"], "suspended");
    assert_eq!((code(&deployment, &acme).await, code(&deployment, &other).await), (7, 0));
    let wrong = Tenant { apikey: other.apikey.clone(), ..acme.clone() };
    assert_eq!(code(&deployment, &wrong).await, 16, "who has not its key is not told that it is suspended");
    let denied = ["audit", "--json", "--kind", "refusal", "--by", &acme.id, "--outcome", "denied"];
    let refused = patchbay(&deployment, &denied).await.json();
    assert_eq!(refused["entries"][0]["actor"], "tenant");
    deployment.restart().await;
    assert_eq!(code(&deployment, &acme).await, 7);
    assert_eq!(tenant(&deployment, &["resume", &acme.id]).await["tenant"]["state"], "active");
    assert_eq!(code(&deployment, &acme).await, 0);
}
