//! Operators who are known by the subject of their certificate.

use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::{ActivateRequest, ListPluginsRequest};
use patchbay_tests::Deployment;
use patchbay_tests::operators::OperatorsFile;
use tonic::transport::{ClientTlsConfig, Identity};
use tonic::{Code, Request};

use crate::{Pki, channel, deployment};

/// Who lists and who switches, by the codes of both; with a token, where one is sent beside the certificate.
async fn codes(deployment: &Deployment, tls: ClientTlsConfig, token: Option<&str>) -> (Code, Code) {
    let mut client = PluginServiceClient::new(channel(deployment, tls));
    let listed = client.list_plugins(with(ListPluginsRequest {}, token)).await;
    let switched = client.activate(with(ActivateRequest { generation: 999 }, token)).await;
    let code = |failed: Option<tonic::Status>| failed.map_or(Code::Ok, |status| status.code());
    (code(listed.err()), code(switched.err()))
}

fn with<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_says_who_an_operator_is() {
    let pki = Pki::new();
    let operators = OperatorsFile::new(&[
        ("alice", "deployer", "certificate_subject = 'CN=alice'"),
        ("bob", "viewer", "certificate_subject = ['CN=robert', 'CN=bob']"),
    ]);
    let table = format!("{}{}", operators.toml(), pki.table_asking("grpc", "optional"));
    let deployment = deployment(&table).await;
    let shown = |name: &str| {
        let issued = pki.authority.issue(name);
        pki.trusting().identity(Identity::from_pem(issued.certificate, issued.key))
    };
    assert_eq!(codes(&deployment, shown("alice"), None).await, (Code::Ok, Code::NotFound));
    assert_eq!(codes(&deployment, shown("bob"), None).await, (Code::Ok, Code::PermissionDenied));
    let nobody = (Code::Unauthenticated, Code::Unauthenticated);
    assert_eq!(codes(&deployment, shown("mallory"), None).await, nobody);
    assert_eq!(codes(&deployment, shown("alice,O=Example"), None).await, nobody);
    assert_eq!(codes(&deployment, pki.trusting(), None).await, nobody);
    // A token that is sent is what counts, right or wrong.
    assert_eq!(codes(&deployment, shown("alice"), Some("wrong")).await, nobody);
    let single = Some(deployment.operator_token());
    assert_eq!(codes(&deployment, shown("bob"), single).await, (Code::Ok, Code::NotFound));
}
