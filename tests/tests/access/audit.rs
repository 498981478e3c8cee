//! The audit trail of every RPC of the contract: a change leaves one entry and a read none, whoever is refused leaves one, and no
//! entry holds a secret.

use std::fs;
use std::time::Duration;

use patchbay_cli::call::DynamicCodec;
use patchbay_proto::Rpc;
use patchbay_proto::audit::audit_service_client::AuditServiceClient;
use patchbay_proto::audit::{Entry, ListEntriesRequest};
use patchbay_tests::contract::{methods, path, try_send};
use patchbay_tests::operators::{OperatorsFile, token_line};
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tonic::Request;
use uuid::Uuid;

use crate::contract::{is_keyed, keyed_methods, request};

const VIEWER: &str = "viewer-0123456789abcdef0123456789abcdef";

/// The entries to which the filter applies, the newest first.
async fn entries(deployment: &Deployment, wanted: ListEntriesRequest) -> Vec<Entry> {
    let wanted = deployment.operator(ListEntriesRequest { page_size: 200, ..wanted });
    AuditServiceClient::new(deployment.grpc()).list_entries(wanted).await.unwrap().into_inner().entries
}

async fn entries_of(deployment: &Deployment, request_id: String) -> Vec<Entry> {
    entries(deployment, ListEntriesRequest { request_id, ..Default::default() }).await
}

/// Calls the method; the entries that it left.
async fn left(deployment: &Deployment, method: &MethodDescriptor, message: DynamicMessage) -> Vec<Entry> {
    let (mut request, id) = (Request::new(message), format!("req-{}", Uuid::new_v4()));
    request.metadata_mut().insert("x-request-id", id.parse().unwrap());
    // Whatever it is answered.
    drop(try_send(deployment.grpc(), method, request).await);
    entries_of(deployment, id).await
}

/// The same as an operator, with an empty message.
async fn left_by(deployment: &Deployment, method: &MethodDescriptor, token: Option<&str>) -> Vec<Entry> {
    let id = format!("req-{}", Uuid::new_v4());
    let mut request = Request::new(futures::stream::iter([DynamicMessage::new(method.input())]));
    request.metadata_mut().insert("x-request-id", id.parse().unwrap());
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let mut client = tonic::client::Grpc::new(deployment.grpc());
    client.ready().await.unwrap();
    let (rpc, codec) = (path(method).parse().unwrap(), DynamicCodec::new(method.output()));
    if let Ok(answer) = client.streaming(request, rpc, codec).await {
        // A unary call has its answer then; a stream has begun, whatever comes on it.
        let mut messages = answer.into_inner();
        drop(tokio::time::timeout(Duration::from_millis(200), messages.message()).await);
    }
    entries_of(deployment, id).await
}

fn changes(method: &MethodDescriptor) -> bool {
    Rpc::of_path(&path(method)).unwrap().changes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_tenants_leaves_one_entry_and_a_read_none() {
    needs_cloudsim!();
    let deployment = Deployment::builder().toml("tenant.refresh_ms_min = 1").at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    let stranger = Tenant { id: tenant.id.clone(), apikey: "aaaaaaaaaaaaaaaaaaaa".to_owned() };
    for method in keyed_methods() {
        let name = method.full_name();
        let (message, named) = request(&method, &tenant, "u-7");
        let found = left(&deployment, &method, message).await;
        assert_eq!(found.len(), usize::from(changes(&method)), "{name}: {found:?}");
        if let Some(entry) = found.first() {
            let who = (
                entry.kind.as_str(),
                entry.actor.as_str(),
                entry.name.as_str(),
                entry.platform_userid.as_str(),
            );
            assert_eq!(who, ("change", "tenant", tenant.id.as_str(), "u-7"), "{name}");
            assert_eq!((&*entry.action, &*entry.peer), (&path(&method)[1..], "127.0.0.1"), "{name}");
            assert!(
                !entry.outcome.is_empty() && named.iter().all(|id| entry.named.contains(id)),
                "{entry:?}"
            );
        }
        let (message, _) = request(&method, &stranger, "u-7");
        let [refused] = left(&deployment, &method, message).await.try_into().unwrap();
        let who =
            (refused.kind.as_str(), refused.actor.as_str(), refused.name.as_str(), refused.outcome.as_str());
        assert_eq!(who, ("refusal", "nobody", tenant.id.as_str(), "unauthenticated"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_an_operators_leaves_one_entry_and_so_does_every_refusal() {
    needs_cloudsim!();
    let operators = OperatorsFile::new(&[("vera", "viewer", &token_line(&[VIEWER]))]);
    let deployment = Deployment::builder().toml(&operators.toml()).at_once().start().await;
    for method in methods().into_iter().filter(|method| !is_keyed(method)) {
        let name = method.full_name();
        let found = left_by(&deployment, &method, Some(deployment.operator_token())).await;
        let told: Vec<_> = found.iter().map(|entry| (&*entry.kind, &*entry.actor, &*entry.name)).collect();
        let wanted = [("change", "operator", "operator")];
        assert_eq!(told, if changes(&method) { &wanted[..] } else { &[] }, "{name}");

        let [refused] = left_by(&deployment, &method, None).await.try_into().unwrap();
        assert_eq!(
            (&*refused.kind, &*refused.actor, &*refused.outcome),
            ("refusal", "nobody", "unauthenticated")
        );
        let denied = left_by(&deployment, &method, Some(VIEWER)).await;
        let told: Vec<_> = denied.iter().map(|entry| (&*entry.kind, &*entry.name, &*entry.outcome)).collect();
        let wanted = [("refusal", "vera", "denied")];
        assert_eq!(told, if changes(&method) { &wanted[..] } else { &[] }, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_it_and_the_file_has_the_same() {
    needs_cloudsim!();
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("audit.json");
    let mut deployment =
        Deployment::builder().toml(&format!("audit.file = {file:?}")).at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    // A key where an id belongs, and a token that is nobody's.
    let swapped = Tenant { id: tenant.apikey.clone(), apikey: tenant.id.clone() };
    let create = keyed_methods().into_iter().find(|method| method.name() == "CreateVpc").unwrap();
    for who in [&tenant, &swapped] {
        left(&deployment, &create, request(&create, who, "u-7").0).await;
    }
    left_by(
        &deployment,
        &methods().into_iter().find(|method| method.name() == "Adopt").unwrap(),
        Some(VIEWER),
    )
    .await;
    let told = entries(&deployment, ListEntriesRequest::default()).await;
    let made = told.iter().find(|entry| entry.action.ends_with("CreateTenant")).unwrap();
    assert_eq!((&*made.outcome, &*made.plugin), ("ok", "identity-keystone"), "{made:?}");
    assert_eq!(made.named, ["tenant_name=acme".to_owned(), format!("tenant_id={}", tenant.id)]);
    let token = deployment.operator_token().to_owned();
    deployment.stop().await;
    let lines = fs::read_to_string(&file).unwrap();
    assert!(lines.lines().count() >= told.len(), "{lines}");
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["time"].as_str().unwrap().ends_with('Z') && line["kind"].is_string(), "{line}");
    }
    for text in [format!("{told:?}"), lines] {
        for secret in [tenant.apikey.as_str(), &token, VIEWER] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
