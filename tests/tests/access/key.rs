//! Every RPC that carries an api key refuses whoever does not have the right one, in the same words, and asks
//! the cloud nothing.

use patchbay_tests::{Deployment, Tenant, needs_cloudsim};

use crate::contract::{call, is_keyed, keyed_methods, request};
use crate::platform::{Platform, Verdict};

const UNAUTHENTICATED: i32 = 16;
const DENIED: i32 = 7;

/// Who is refused, and how they come.
fn intruders(tenant: &Tenant, other: &Tenant) -> Vec<(&'static str, Tenant)> {
    let with = |id: &str, apikey: &str| Tenant { id: id.to_owned(), apikey: apikey.to_owned() };
    let key = &tenant.apikey;
    vec![
        ("no key", with(&tenant.id, "")),
        ("a wrong key", with(&tenant.id, "aaaaaaaaaaaaaaaaaaaa")),
        ("a key cut short", with(&tenant.id, &key[1..])),
        ("a key with more behind it", with(&tenant.id, &format!("{key}x"))),
        ("another tenant's key", with(&tenant.id, &other.apikey)),
        ("no tenant", with("", key)),
        ("an unknown tenant", with("t-9999999999", key)),
        ("what is no tenant id", with("' OR 1=1 --", key)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_refuses_who_has_not_the_key() {
    needs_cloudsim!();
    // They come one after the other, and each waits for its turn.
    let deployment = Deployment::builder().toml("tenant.refresh_ms_min = 1").start().await;
    let (tenant, other) = (deployment.tenant("acme").await, deployment.tenant("other").await);
    let methods = keyed_methods();
    assert!(!methods.is_empty());
    deployment.cloudsim().clear_record();
    for method in &methods {
        let mut words: Vec<String> = Vec::new();
        for (who, intruder) in intruders(&tenant, &other) {
            let (message, _) = request(method, &intruder, "u-7");
            let (code, msg) = call(&deployment.grpc(), method, message).await;
            assert_eq!(code, UNAUTHENTICATED, "{} with {who}: {msg}", method.full_name());
            assert!(!msg.contains(&tenant.apikey) && !msg.contains(&other.apikey), "{msg}");
            words.push(msg);
        }
        words.dedup();
        assert_eq!(words.len(), 1, "{} tells who exists: {words:?}", method.full_name());
        // One whose key was forgotten would be taken for the operator's.
        assert!(method.parent_service().methods().all(|beside| is_keyed(&beside)), "{}", method.full_name());
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_that_names_a_resource_refuses_a_denied_user() {
    needs_cloudsim!();
    let platform = Platform::start(Verdict::Deny).await;
    let deployment = Deployment::builder().http_permission(&platform.url()).start().await;
    let tenant = deployment.tenant("acme").await;
    deployment.cloudsim().clear_record();
    let mut refused = 0;
    for method in keyed_methods() {
        let (message, named) = request(&method, &tenant, "u-7");
        if named.is_empty() {
            // Whatever else names nothing has a resource under a name that `request` does not know.
            let begins = |word: &str| method.name().starts_with(word);
            assert!(begins("Create") || begins("List"), "{}", method.full_name());
            continue;
        }
        let (code, msg) = call(&deployment.grpc(), &method, message).await;
        assert_eq!(code, DENIED, "{}: {msg}", method.full_name());
        assert!(msg.contains("platform_userid"), "{msg}");
        refused += 1;
    }
    assert!(refused > 0);
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_before_the_restart_is_still_the_key() {
    let mut deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    deployment.restart().await;
    let list = keyed_methods().into_iter().find(|method| method.name() == "ListFlavors").unwrap();
    let (message, _) = request(&list, &tenant, "u-7");
    assert_eq!(call(&deployment.grpc(), &list, message).await, (0, String::new()));
}
