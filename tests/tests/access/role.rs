//! Who an operator is and what the role allows: every RPC of the operators', with each role, with none, and with a token that is
//! nobody's. An RPC that the table does not name fails the test.

use std::time::Duration;

use patchbay_proto::Rpc;
use patchbay_proto::plugin::WatchEventsRequest;
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_tests::contract::{methods, path};
use patchbay_tests::operators::{OperatorsFile, token_line};
use patchbay_tests::pki::put;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use prost_reflect::MethodDescriptor;
use tonic::Code;

use crate::contract::is_keyed;
use crate::operator::code;

const STATE_MAX: Duration = Duration::from_secs(60);

const ROLES: [&str; 4] = ["viewer", "deployer", "tenant-admin", "admin"];

/// Each of the operators' RPCs, with the roles that may call it beside `admin`.
const MAY: &[(&str, &[&str])] = &[
    ("/tenant.TenantService/CreateTenant", &["tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/GetTenant", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/ListTenants", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/RotateApiKey", &["tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/SuspendTenant", &["tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/ResumeTenant", &["tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/ListForeign", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.tenant.v1.TenantAdminService/Adopt", &["tenant-admin"]),
    ("/patchbay.journal.v1.JournalService/ListCalls", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.audit.v1.AuditService/ListEntries", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.plugin.v1.PluginService/ListPlugins", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.plugin.v1.PluginService/WatchEvents", &["viewer", "deployer", "tenant-admin"]),
    ("/patchbay.plugin.v1.PluginService/LoadPlugin", &["deployer"]),
    ("/patchbay.plugin.v1.PluginService/Activate", &["deployer"]),
    ("/patchbay.plugin.v1.PluginService/Rollback", &["deployer"]),
    ("/patchbay.plugin.v1.PluginService/SetRoute", &["deployer"]),
];

fn may(method: &MethodDescriptor, role: &str) -> bool {
    let found = MAY.iter().find(|(rpc, _)| *rpc == path(method));
    let (_, roles) = found.unwrap_or_else(|| panic!("{} has no line in the table of roles", path(method)));
    role == "admin" || roles.contains(&role)
}

/// As long as a token must be.
fn token(name: &str) -> String {
    format!("{name}-0123456789abcdef0123456789abcdef")
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// One operator a role, called like it.
fn one_each() -> OperatorsFile {
    let lines = ROLES.map(|role| token_line(&[&token(role)]));
    let operators: Vec<_> =
        ROLES.into_iter().zip(&lines).map(|(role, line)| (role, role, line.as_str())).collect();
    OperatorsFile::new(&operators)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_of_the_operators_is_for_those_roles_that_the_table_says() {
    needs_cloudsim!();
    let operators = one_each();
    let deployment = Deployment::builder().toml(&operators.toml()).at_once().start().await;
    let own: Vec<_> = methods().into_iter().filter(|method| !is_keyed(method)).collect();
    assert_eq!(own.len(), MAY.len(), "the table names an RPC that is not there");
    for method in &own {
        // What a viewer may is a read, and nothing else is.
        let rpc = Rpc::of_path(&path(method)).unwrap();
        assert_eq!(rpc.changes, !may(method, "viewer"), "{}", method.full_name());
    }
    for method in &own {
        let code = async |credential: Option<&str>| code(deployment.grpc(), method, credential).await;
        for credential in [None, Some(bearer(&token("nobody"))), Some(bearer("viewer"))] {
            assert_eq!(code(credential.as_deref()).await, Code::Unauthenticated, "{}", method.full_name());
        }
        for role in ROLES {
            let answered = code(Some(&bearer(&token(role)))).await;
            assert_ne!(answered, Code::Unauthenticated, "{} {role}", method.full_name());
            assert_eq!(
                answered != Code::PermissionDenied,
                may(method, role),
                "{} {role}",
                method.full_name()
            );
        }
        // The token of the configuration itself is an administrator's.
        let single = code(Some(&bearer(deployment.operator_token()))).await;
        assert!(!matches!(single, Code::Unauthenticated | Code::PermissionDenied), "{}", method.full_name());
    }
}

async fn lists(deployment: &Deployment, token: &str) -> Code {
    let list = methods().into_iter().find(|method| method.name() == "ListPlugins").unwrap();
    code(deployment.grpc(), &list, Some(&bearer(token))).await
}

/// The first event of this kind.
async fn event(deployment: &Deployment, kind: &str) -> String {
    let request = deployment.operator(WatchEventsRequest { since: Some(0) });
    let mut events =
        PluginServiceClient::new(deployment.grpc()).watch_events(request).await.unwrap().into_inner();
    let found = async {
        loop {
            let event = events.message().await.unwrap().unwrap();
            if event.kind == kind {
                return event.message;
            }
        }
    };
    tokio::time::timeout(STATE_MAX, found).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rotated_without_a_restart() {
    needs_cloudsim!();
    let (old, new) = (token("old"), token("new"));
    let operators = OperatorsFile::new(&[("alice", "viewer", &token_line(&[&old]))]);
    let toml = format!("plugin.settle_ms = 50\n{}", operators.toml());
    let deployment = Deployment::builder().toml(&toml).at_once().start().await;
    assert_eq!(
        (lists(&deployment, &old).await, lists(&deployment, &new).await),
        (Code::Ok, Code::Unauthenticated)
    );

    operators.write(&[("alice", "viewer", &token_line(&[&old, &new]))]);
    wait_for("both to hold", STATE_MAX, async || (lists(&deployment, &new).await == Code::Ok).then_some(()))
        .await;
    assert_eq!(lists(&deployment, &old).await, Code::Ok);

    operators.write(&[("alice", "viewer", &token_line(&[&new]))]);
    wait_for("the old one to go", STATE_MAX, async || {
        (lists(&deployment, &old).await == Code::Unauthenticated).then_some(())
    })
    .await;
    assert_eq!(lists(&deployment, &new).await, Code::Ok);
    assert!(event(&deployment, "operators-applied").await.contains("1 operators"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_changes_nothing_and_is_told() {
    needs_cloudsim!();
    let (own, secret) = (token("own"), token("secret"));
    let operators = OperatorsFile::new(&[("alice", "viewer", &token_line(&[&own]))]);
    let toml = format!("plugin.settle_ms = 50\n{}", operators.toml());
    let deployment = Deployment::builder().toml(&toml).at_once().start().await;
    // Somebody wrote the token itself where its digest belongs.
    put(&operators.path(), &format!("[bob]\nrole = 'admin'\ntoken_sha256 = {secret:?}\n"));
    let told = event(&deployment, "operators-refused").await;
    assert!(told.contains("bob") && told.contains("64 hexadecimal") && !told.contains(&secret), "{told}");
    assert_eq!(
        (lists(&deployment, &own).await, lists(&deployment, &secret).await),
        (Code::Ok, Code::Unauthenticated)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_alone_is_enough() {
    needs_cloudsim!();
    let operators = one_each();
    let builder = Deployment::builder().toml(&operators.toml()).at_once();
    let builder = builder.config(|config| {
        config["auth"].as_table_mut().unwrap().remove("operator_token");
    });
    let deployment = builder.start().await;
    assert_eq!(lists(&deployment, &token("viewer")).await, Code::Ok);
    assert_eq!(lists(&deployment, deployment.operator_token()).await, Code::Unauthenticated);
}
