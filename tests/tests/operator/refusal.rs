//! What cannot be done is refused with a definite code, and nothing changes.

use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::set_route_request::{Pin, Weight};
use patchbay_proto::plugin::{ActivateRequest, RollbackRequest, SetRouteRequest};
use patchbay_tests::needs_cloudsim;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::{Stage, Who};

fn route(domain: &str, region: &str, weights: &[(u64, u32)], pins: &[(&str, u64)]) -> SetRouteRequest {
    let weights =
        weights.iter().map(|(generation, weight)| Weight { generation: *generation, weight: *weight });
    let pins =
        pins.iter().map(|(id, generation)| Pin { tenant_id: (*id).to_owned(), generation: *generation });
    SetRouteRequest {
        domain: domain.to_owned(),
        region: region.to_owned(),
        weights: weights.collect(),
        pins: pins.collect(),
    }
}

/// Asserts the status, its details and that `x-request-id` is there.
fn assert_refused(outcome: Result<(), Status>, code: Code, word: &str) {
    let status = outcome.unwrap_err();
    assert_eq!(status.code(), code, "{status}");
    assert!(status.message().contains(word), "{word}: {status}");
    let request_id = status.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["request_id"], request_id);
}

#[tokio::test]
async fn what_is_unknown_or_makes_no_sense_changes_nothing() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let (nova, id) = (stage.nova().await.number, stage.tenant.id.clone());
    let storage = stage.list().await.into_iter().find(|g| g.domain == "storage").unwrap().number;
    for number in [0, 1_000, u64::MAX] {
        let request = stage.deployment.operator(ActivateRequest { generation: number });
        let outcome = stage.plugins().activate(request).await.map(drop);
        assert_refused(outcome, Code::NotFound, &number.to_string());
    }
    for (domain, region, code, word) in [
        ("", "", Code::InvalidArgument, "domain"),
        ("clouds", "", Code::InvalidArgument, "storage, network"),
        ("compute", "Atlantis", Code::InvalidArgument, "region"),
        ("compute", "", Code::FailedPrecondition, "earlier"),
    ] {
        let request = RollbackRequest { domain: domain.to_owned(), region: region.to_owned() };
        let outcome = stage.plugins().rollback(stage.deployment.operator(request)).await.map(drop);
        assert_refused(outcome, code, word);
    }
    for (request, code, word) in [
        (route("clouds", "", &[(nova, 1)], &[]), Code::InvalidArgument, "domain"),
        (route("compute", "Atlantis", &[(nova, 1)], &[]), Code::InvalidArgument, "region"),
        (route("compute", "", &[(nova, 0)], &[]), Code::InvalidArgument, "nobody"),
        (route("compute", "", &[(nova, u32::MAX)], &[]), Code::InvalidArgument, "weight"),
        (route("compute", "", &[(nova, 1), (1_000, 1)], &[]), Code::NotFound, "1000"),
        (route("compute", "", &[(storage, 1)], &[]), Code::NotFound, "compute"),
        (route("compute", "", &[], &[("acme", nova)]), Code::InvalidArgument, "tenant_id"),
        (route("compute", "", &[], &[(&id, 1_000)]), Code::NotFound, "1000"),
    ] {
        let told = format!("{request:?}");
        let outcome = stage.plugins().set_route(stage.deployment.operator(request)).await.map(drop);
        assert!(outcome.is_err(), "{told}");
        assert_refused(outcome, code, word);
    }
    let after = stage.generation(nova).await;
    assert_eq!((after.state.as_str(), after.pins.len()), ("active", 0), "{after:?}");
    assert_eq!(stage.who().await, Who::Nova);
}

#[tokio::test]
async fn a_refused_generation_cannot_be_activated() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let refused = stage.load(b"these are words").await.number;
    let request = stage.deployment.operator(ActivateRequest { generation: refused });
    let outcome = stage.plugins().activate(request).await.map(drop);
    assert_refused(outcome, Code::FailedPrecondition, &refused.to_string());
    assert_eq!(stage.who().await, Who::Nova);
}

/// The wish for failures in the response does not count where a response cannot hold them.
#[tokio::test]
async fn failures_are_statuses_whatever_the_caller_wants() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let mut request: Request<_> = stage.deployment.operator(ActivateRequest { generation: 1_000 });
    request.metadata_mut().insert("x-error-style", "response".parse().unwrap());
    let mut plugins: PluginServiceClient<Channel> = stage.plugins();
    assert_refused(plugins.activate(request).await.map(drop), Code::NotFound, "1000");
}
