//! `patchbay operator …` as somebody types it who brings an operator into being.

use patchbay_proto::plugin::ListPluginsRequest;
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_tests::Deployment;
use patchbay_tests::command::{command, patchbay};
use patchbay_tests::operators::OperatorsFile;
use tonic::Request;

#[tokio::test]
async fn a_token_that_was_drawn_is_an_operators() {
    let unused = OperatorsFile::new(&[]);
    let first = Deployment::builder().toml(&unused.toml()).at_once().start().await;
    let drawn = patchbay(&first, &["operator", "token", "--json"]).await.json();
    let (token, digest) = (drawn["token"].as_str().unwrap(), drawn["token_sha256"].as_str().unwrap());
    assert_eq!((token.len(), digest.len()), (43, 64));
    let people = patchbay(&first, &["operator", "token"]).await;
    assert!(people.out.contains("token_sha256  ") && !people.out.contains(token), "{people:?}");

    let operators = OperatorsFile::new(&[("carol", "viewer", &format!("token_sha256 = {digest:?}"))]);
    let second = Deployment::builder().toml(&operators.toml()).at_once().start().await;
    let mut request = Request::new(ListPluginsRequest {});
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    PluginServiceClient::new(second.grpc()).list_plugins(request).await.unwrap();
    let mut refused = command(&second, &["plugin", "rollback", "nas"]);
    let refused = refused.env("PATCHBAY_OPERATOR_TOKEN", token).output().await.unwrap();
    let err = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(err.contains("The operator carol is viewer; this asks for deployer or admin."), "{err}");
}

#[tokio::test]
async fn check_config_reads_the_operators() {
    let operators = OperatorsFile::new(&[("carol", "viewer", "certificate_subject = 'CN=carol'")]);
    let deployment = Deployment::builder().toml(&operators.toml()).at_once().start().await;
    let file = deployment.config_file();
    let check = ["check-config", "--config", file.to_str().unwrap()];
    let good = patchbay(&deployment, &check).await;
    assert_eq!(good.status, 0, "{good:?}");
    operators.write(&[("carol", "queen", "certificate_subject = 'CN=carol'")]);
    let bad = patchbay(&deployment, &check).await;
    assert!(
        bad.status == 1 && bad.err.contains("auth.operators_file") && bad.err.contains("queen"),
        "{bad:?}"
    );
}
