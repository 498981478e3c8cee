//! What every answer carries beside its fields: ids in the metadata, failures in the caller's style, and an
//! answer in time while the work goes on.

use std::time::Duration;

use cloudsim::{Options, Timing};
use patchbay_proto::instance::instance_res::Instance;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{GetInstanceReq, InstanceRes};
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";

/// Asks for an instance, with these headers.
async fn get(
    deployment: &Deployment,
    tenant: &Tenant,
    instance_id: &str,
    headers: &[(&'static str, &str)],
) -> Result<Response<InstanceRes>, Status> {
    let instance_id = instance_id.to_owned();
    let mut request = Request::new(GetInstanceReq { instance_id, ..tenant.request() });
    for (name, value) in headers {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    InstanceServiceClient::new(deployment.grpc()).get_instance(request).await
}

fn header(metadata: &MetadataMap, name: &str) -> String {
    metadata.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap().to_owned()
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| Uuid::try_parse(rest).is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_kept_and_told_to_the_cloud() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let own = format!("req-{}", Uuid::new_v4());
    let answer = get(&deployment, &tenant, NOTHING, &[("x-request-id", &own)]).await.unwrap();
    assert_eq!(header(answer.metadata(), "x-request-id"), own);
    assert!(!answer.metadata().contains_key("x-operation-id"), "nothing goes on: {answer:?}");
    let told = deployment.cloudsim().requests();
    let told = told.iter().filter(|request| request.caller_request_id.as_ref() == Some(&own));
    assert!(told.clone().any(|request| request.path.contains(NOTHING)), "{told:?}");

    for other in ["", "mine", "req-1"] {
        let answer = get(&deployment, &tenant, NOTHING, &[("x-request-id", other)]).await.unwrap();
        let id = header(answer.metadata(), "x-request-id");
        assert!(is_id(&id, "req-") && id != own, "{other:?} became {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_comes_as_a_status_where_the_call_wants_it() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let answer = get(&deployment, &tenant, NOTHING, &[]).await.unwrap().into_inner();
    assert_eq!((answer.code, answer.instance), (5, None));

    let status = get(&deployment, &tenant, NOTHING, &[("x-error-style", "status")]).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, answer.msg.as_str()));
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NOT_FOUND", "patchbay"));
    assert_eq!(info.metadata["request_id"], header(status.metadata(), "x-request-id"));
    assert_eq!(info.metadata["retryable"], "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_style_yields_to_the_calls_own() {
    let deployment = Deployment::builder().toml("grpc.error_style = \"status\"").start().await;
    let tenant = deployment.tenant("acme").await;
    let status = get(&deployment, &tenant, NOTHING, &[]).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let answer = get(&deployment, &tenant, NOTHING, &[("x-error-style", "response")]).await.unwrap();
    assert_eq!(answer.into_inner().code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_deadline_is_met_and_the_work_goes_on() {
    needs_cloudsim!();
    // Far longer than the deadline, so that the answer cannot be the end.
    let timing = Timing { server_build_ms: 8000, ..Timing::default() };
    let deployment = Deployment::builder().cloud(Options { timing, ..Options::default() }).start().await;
    let tenant = deployment.tenant("acme").await;
    let offer = deployment.admin().await.offer().await;
    let mut request = Request::new(tenant.instance(&offer, "web", &[1]));
    request.set_timeout(Duration::from_secs(4));
    let answer = InstanceServiceClient::new(deployment.grpc()).create_instance(request).await.unwrap();
    assert!(is_id(&header(answer.metadata(), "x-operation-id"), "op-"));
    let answer = answer.into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    assert!(answer.msg.contains("x-operation-id"), "{}", answer.msg);
    let begun = answer.instance.unwrap();
    assert_eq!((begun.instance_status.as_str(), begun.data_disks.len()), ("BUILD", 0));

    let id = begun.instance_id;
    wait_for("the instance with its disk", Duration::from_secs(60), async || {
        let answer = get(&deployment, &tenant, &id, &[]).await.unwrap().into_inner();
        let Instance { instance_status, data_disks, .. } = answer.instance.unwrap();
        (instance_status == "ACTIVE" && data_disks.len() == 1).then_some(())
    })
    .await;
}
