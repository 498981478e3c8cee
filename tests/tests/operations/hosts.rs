//! Two hosts on one PostgreSQL: what one began the other ends, once, when the first one dies, stands still or stops. The
//! second one is in this process.

use cloudsim::{Fault, Service, Timing};
use patchbay_core::OperationId;
use patchbay_operations::{Operation, State};
use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::operation::operation_service_client::OperationServiceClient;
use patchbay_proto::operation::{CancelOperationReq, WatchOperationReq};
use patchbay_proto::tenant::CreateTenantReq;
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_tests::creation::Creations;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::postgres::Postgres;
use patchbay_tests::process::{HostProcess, LOG_FILTER};
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};

use crate::client::next;

/// A lease that is over soon, and calls that wait for no operation.
const SHORT: &str = "membership = { beat_ms = 200, lease_ms = 3000 }\n\
                     operation = { poll_ms_min = 20, poll_ms_max = 100, settle_ms = 500, watch_poll_ms = 50 }";
/// Longer than a lease.
const BUILD_MS: u64 = 6_000;
/// Longer than any test.
const NEVER_MS: u64 = 600_000;

/// Two hosts on one database, and the instances that are made through them.
struct Hosts {
    first: HostProcess,
    creations: Creations,
    /// With the second host.
    deployment: Deployment,
    _postgres: Postgres,
}

impl Hosts {
    async fn start(toml: &str, server_build_ms: u64) -> Self {
        let postgres = Postgres::start().await.unwrap();
        let database = postgres.database("patchbay").unwrap();
        let builder = Deployment::builder().database(&database).toml(SHORT).toml(toml);
        let deployment = builder.start().await;
        let tenant = deployment.tenant("acme").await;
        let creations = Creations::of(&deployment, tenant).await;
        deployment.cloudsim().set_timing(Timing { server_build_ms, ..Timing::instant() });
        let first = HostProcess::beside(&deployment, LOG_FILTER).await;
        Self { first, creations, deployment, _postgres: postgres }
    }

    fn tenant(&self) -> &Tenant {
        self.creations.tenant()
    }

    /// The operation that the first host carries, when its server is being built.
    async fn building(&self) -> Operation {
        wait_for("a server to be built", END_MAX, async || {
            let building = self.creations.made().iter().any(|made| made.status == "BUILD");
            self.creations.unfinished().await.filter(|found| building && found.state == State::Running)
        })
        .await
    }

    /// How often each of the things was made that an instance with two disks is made of.
    fn made(&self) -> [u64; 3] {
        let counts = self.deployment.cloudsim().counts();
        ["/servers", "/volumes", "/os-volume_attachments"].map(|end| {
            let posts = counts.iter().filter(|count| count.method == "POST" && count.route.ends_with(end));
            posts.map(|count| count.count).sum()
        })
    }

    /// The states that a caller of the second host sees from now to the end.
    async fn watched(&self, id: OperationId) -> Vec<String> {
        let request = WatchOperationReq { operation_id: id.to_string(), ..self.tenant().request() };
        let mut operations = OperationServiceClient::new(self.deployment.grpc());
        let mut stream = operations.watch_operation(request).await.unwrap().into_inner();
        let mut states = Vec::new();
        while let Some(operation) = next(&mut stream).await {
            states.push(operation.state);
        }
        states
    }

    /// The first host goes on after it stood still, and has seen that its operation is the other's.
    async fn goes_on(&self) {
        self.first.signal("CONT").await;
        let gave_up = |line: &serde_json::Value| {
            line["message"].as_str().is_some_and(|text| text.starts_with("another host carries it now"))
        };
        self.first.line(gave_up).await;
    }

    /// It was done, once and whole.
    async fn done_once(&self, id: OperationId) -> Operation {
        let ended = self.creations.ended(id).await;
        assert_eq!(ended.state, State::Done, "{ended:?}");
        self.creations.whole_or_gone(&ended).await;
        assert_eq!(self.made(), [1, 2, 2]);
        ended
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_host_began_is_ended_by_the_other() {
    needs_cloudsim!();
    let hosts = Hosts::start("", BUILD_MS).await;
    let call = hosts.creations.begin(hosts.first.grpc());
    let id = hosts.building().await.id;
    let (states, ()) = tokio::join!(hosts.watched(id), hosts.first.signal("KILL"));
    call.await.unwrap().expect_err("nobody answers after SIGKILL");
    assert_eq!(states.last().unwrap(), "done", "{states:?}");
    hosts.done_once(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stood_still_does_nothing_more() {
    needs_cloudsim!();
    let hosts = Hosts::start("", BUILD_MS).await;
    let call = hosts.creations.begin(hosts.first.grpc());
    let id = hosts.building().await.id;
    hosts.first.signal("STOP").await;
    let done = hosts.done_once(id).await;
    hosts.goes_on().await;
    assert_eq!(hosts.done_once(id).await, done);
    let answer = call.await.unwrap().expect("the first host tells how the second one ended it");
    assert_eq!((answer.code, answer.operation), (0, Some(id)), "{}", answer.msg);
    // It is one of the hosts again.
    let again = hosts.creations.create(hosts.first.grpc()).await;
    assert_eq!(again.code, 0, "{}", again.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_was_beginning_when_it_stood_still_is_undone() {
    needs_cloudsim!();
    let hosts = Hosts::start("", 0).await;
    let cloud = hosts.deployment.cloudsim();
    cloud.fault(Fault::delay(NEVER_MS).on(Service::Compute, "POST", "/servers"));
    let call = hosts.creations.begin(hosts.first.grpc());
    let begun = wait_for("its disks", END_MAX, async || {
        let disks = hosts.creations.made().len() == 2;
        hosts.creations.unfinished().await.filter(|_| disks)
    });
    let begun = begun.await;
    assert_eq!(begun.state, State::Beginning);
    hosts.first.signal("STOP").await;
    cloud.clear_faults();
    let ended = hosts.creations.ended(begun.id).await;
    assert_eq!(ended.state, State::Failed, "{ended:?}");
    hosts.creations.whole_or_gone(&ended).await;
    hosts.goes_on().await;
    let answer = call.await.unwrap().expect("the first host tells how the second one ended it");
    assert_eq!((answer.code, &answer.msg), (1, &ended.failure.as_ref().unwrap().message));
    hosts.creations.whole_or_gone(&ended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stops_is_not_waited_for() {
    needs_cloudsim!();
    let no_lease_ends = "membership.lease_ms = 600000\noperation.inline_wait_ms = 50";
    let mut hosts = Hosts::start(no_lease_ends, BUILD_MS).await;
    let answer = hosts.creations.create(hosts.first.grpc()).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let id = hosts.building().await.id;
    hosts.first.terminate().await;
    assert_eq!(hosts.first.exit().await.code(), Some(0));
    hosts.done_once(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_host_carries_the_other_can_cancel() {
    needs_cloudsim!();
    let hosts = Hosts::start("operation.inline_wait_ms = 50", NEVER_MS).await;
    hosts.creations.create(hosts.first.grpc()).await;
    let id = hosts.building().await.id;
    let request = CancelOperationReq { operation_id: id.to_string(), ..hosts.tenant().request() };
    let mut operations = OperationServiceClient::new(hosts.deployment.grpc());
    let answer = operations.cancel_operation(request).await.unwrap().into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let ended = hosts.creations.ended(id).await;
    assert_eq!(ended.failure.as_ref().unwrap().kind.code(), 1, "{ended:?}");
    hosts.creations.whole_or_gone(&ended).await;
    let failed = |line: &serde_json::Value| line["message"] == "the operation failed";
    hosts.first.line(failed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_of_one_host_is_the_others_too() {
    needs_cloudsim!();
    let hosts = Hosts::start("", 0).await;
    let request = hosts.deployment.operator(CreateTenantReq { tenant_name: "umbrella".to_owned() });
    let made =
        TenantServiceClient::new(hosts.first.grpc()).create_tenant(request).await.unwrap().into_inner();
    assert_eq!(made.code, 0, "{}", made.msg);
    let tenant = Tenant { id: made.tenant_id, apikey: made.apikey };
    let request: ListFlavorsReq = tenant.request();
    let answer = FlavorServiceClient::new(hosts.deployment.grpc()).list_flavors(request).await.unwrap();
    assert_eq!(answer.into_inner().code, 0);
}
