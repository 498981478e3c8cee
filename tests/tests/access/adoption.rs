//! The operator takes a tenant over that the cloud has and the database does not: with all that it owns, and only where it says
//! so.

use patchbay_tests::{Deployment, Scene, needs_cloudsim};
use reqwest::Method;
use serde_json::json;
use tonic::Code;

use crate::installation::{owned, read, remove};

/// The code of a refused adoption, and its sentence.
async fn refusal(host: &Deployment, id: &str, name: &str, from_other: bool) -> (Code, String) {
    let status = host.adopt(id, name, from_other).await.expect_err("a refusal");
    (status.code(), status.message().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restored_database_does_not_know_is_adopted_with_all_it_has() {
    let deployment = Deployment::start().await;
    let first = deployment.tenant("first").await;
    let mut scene = Scene::of(deployment).await;
    scene.deployment.back_up().await;
    scene = scene.next("late").await;
    let (before, late) = (owned(&scene).await, scene.tenant.clone());
    scene.deployment.restore().await;
    let host = &scene.deployment;

    assert_eq!(refusal(host, &first.id, "second", false).await.0, Code::NotFound, "it is known");
    assert_eq!(refusal(host, &late.id, "first", false).await.0, Code::AlreadyExists, "the name is taken");
    for (id, name) in [("", "late"), ("t-1", "late"), (late.id.as_str(), ""), (late.id.as_str(), "a\nb")] {
        assert_eq!(refusal(host, id, name, false).await.0, Code::InvalidArgument, "{id} {name:?}");
    }
    let adopted = host.adopt(&late.id, "late again", false).await.unwrap();
    assert_eq!(adopted.id, late.id);
    assert_ne!(adopted.apikey, late.apikey);
    assert_eq!(host.foreign_from(&late.id).await, None);
    assert_eq!(read(host, &adopted, &before).await, ([0; 3], before.access_key.clone()));
    assert_eq!(read(host, &late, &before).await.0, [16; 3], "the old key has had its day");
    assert_eq!(refusal(host, &late.id, "other", true).await.0, Code::NotFound, "it is known by now");
    assert_eq!(remove(host, &adopted, &before).await, [0; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_installations_tenant_is_adopted_only_by_an_explicit_word() {
    let scene = Scene::start().await;
    let theirs = owned(&scene).await;
    let second = scene.deployment.beside().await;
    let (code, sentence) = refusal(&second, &scene.tenant.id, "acme", false).await;
    assert_eq!(code, Code::FailedPrecondition, "{sentence}");
    let installation = scene.deployment.foreign().await.installation;
    assert!(sentence.contains(&installation) && sentence.contains("from_other_installation"), "{sentence}");
    assert_eq!(read(&scene.deployment, &scene.tenant, &theirs).await.0, [0; 3], "nothing has changed");

    let adopted = second.adopt(&scene.tenant.id, "acme", true).await.unwrap();
    assert_eq!(read(&second, &adopted, &theirs).await, ([0; 3], theirs.access_key.clone()));
    assert_eq!(second.foreign_from(&adopted.id).await, None);
}

/// As an installation had it before there were marks.
#[tokio::test(flavor = "multi_thread")]
async fn what_bears_no_mark_is_adopted_only_by_an_explicit_word() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let admin = deployment.admin().await;
    let (id, description) = ("t-0000000001", "Made by patchbay: Acme");
    let make =
        async |kind: &str, body| admin.ask(Method::POST, "identity", &format!("/{kind}"), Some(body)).await;
    let domain = make("domains", json!({"domain": {"name": id, "description": description}})).await;
    let domain = &domain["domain"]["id"];
    let (code, sentence) = refusal(&deployment, id, "acme", true).await;
    assert_eq!((code, sentence.contains("project")), (Code::NotFound, true), "{sentence}");
    make("projects", json!({"project": {"name": id, "domain_id": domain}})).await;
    let told = deployment.foreign().await.tenants;
    let told = told.iter().find(|tenant| tenant.tenant_id == id).expect("it is listed");
    assert_eq!((told.installation.as_str(), told.tenant_name.as_str()), ("", "Acme"));
    assert_eq!(told.parts, ["domain"]);

    assert_eq!(refusal(&deployment, id, "acme", false).await.0, Code::FailedPrecondition);
    let marked = json!({"role": {"name": id, "description": "Patchbay 0123456789abcdef/0123456789abcdef. Made by x: y"}});
    let role = make("roles", marked).await;
    let (code, sentence) = refusal(&deployment, id, "acme", true).await;
    assert_eq!((code, sentence.contains("roles")), (Code::FailedPrecondition, true), "{sentence}");
    let role = format!("/roles/{}", role["role"]["id"].as_str().unwrap());
    admin.ask(Method::DELETE, "identity", &role, None).await;

    let adopted = deployment.adopt(id, "acme", true).await.unwrap();
    assert_eq!(adopted.id, id);
    let scene = Scene { project: admin.project(id).await, tenant: adopted, admin, deployment };
    let own = owned(&scene).await;
    assert_eq!(read(&scene.deployment, &scene.tenant, &own).await.0, [0; 3]);
}
