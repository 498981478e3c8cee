//! What carries no api key is the operator's: no other credential makes a tenant or touches a plugin.

use futures::stream;
use patchbay_cli::call::DynamicCodec;
use patchbay_proto::tenant::CreateTenantReq;
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_tests::contract::{methods, path};
use patchbay_tests::{Deployment, needs_cloudsim};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::contract::is_keyed;

/// Calls any method with an empty message; the code of its answer, wherever that is told.
pub(crate) async fn code(channel: Channel, method: &MethodDescriptor, credential: Option<&str>) -> Code {
    let mut request = Request::new(stream::iter([DynamicMessage::new(method.input())]));
    if let Some(credential) = credential {
        request.metadata_mut().insert("authorization", credential.parse().unwrap());
    }
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let path = path(method).parse().unwrap();
    match client.streaming(request, path, DynamicCodec::new(method.output())).await {
        Err(status) => status.code(),
        Ok(answer) if method.is_server_streaming() => {
            drop(answer);
            Code::Ok
        }
        Ok(answer) => {
            let message = answer.into_inner().message().await.unwrap().unwrap();
            let told = message.get_field_by_name("code").and_then(|code| code.as_i32());
            Code::from(told.unwrap_or(0))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_without_an_api_key_asks_for_the_operators_token() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let own: Vec<_> = methods().into_iter().filter(|method| !is_keyed(method)).collect();
    assert!(!own.is_empty());
    let (right, wrong) =
        (format!("Bearer {}", deployment.operator_token()), format!("Bearer {}", tenant.apikey));
    for method in &own {
        let code = async |credential| code(deployment.grpc(), method, credential).await;
        for credential in [None, Some(""), Some("Bearer wrong"), Some(wrong.as_str())] {
            assert_eq!(
                code(credential).await,
                Code::Unauthenticated,
                "{} {credential:?}",
                method.full_name()
            );
        }
        assert_ne!(code(Some(right.as_str())).await, Code::Unauthenticated, "{}", method.full_name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_registers_a_tenant() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let before = deployment.cloudsim().resources();
    deployment.cloudsim().clear_record();
    let token = deployment.operator_token();
    for credential in [
        None,
        Some(String::new()),
        Some("Bearer ".to_owned()),
        Some("Bearer wrong".to_owned()),
        Some(format!("Bearer {}", tenant.apikey)),
        Some(format!("Bearer {}", &token[1..])),
        Some(format!("Bearer {token}x")),
        Some(format!("Basic {token}")),
        Some(token.to_owned()),
    ] {
        let mut request = Request::new(CreateTenantReq { tenant_name: "intruder".to_owned() });
        if let Some(credential) = &credential {
            request.metadata_mut().insert("authorization", credential.parse().unwrap());
        }
        let answer = TenantServiceClient::new(deployment.grpc()).create_tenant(request).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!((answer.code, answer.apikey.as_str()), (16, ""), "{credential:?}: {}", answer.msg);
        assert!(answer.msg.contains("operator") && !answer.msg.contains(token), "{}", answer.msg);
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
    assert_eq!(deployment.cloudsim().resources(), before);
    deployment.tenant("intruder").await;
}
