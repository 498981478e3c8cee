//! What one tenant may ask: requests a second, calls at once, operations under way; and how wrong credentials are slowed
//! down. Who is over it is refused before any work, and others are not.

use std::time::Duration;

use cloudsim::{Fault, Service};
use futures::future::join_all;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq};
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::flavor::{ListFlavorsReq, ListFlavorsRes};
use patchbay_proto::plugin::ListPluginsRequest;
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_tests::{Deployment, Tenant, configuration, needs_cloudsim, wait_for};
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

const STATE_MAX: Duration = Duration::from_secs(30);
const EXHAUSTED: i32 = 8;
const UNAUTHENTICATED: i32 = 16;

async fn list(
    deployment: &Deployment,
    tenant: &Tenant,
    style: &str,
) -> Result<Response<ListFlavorsRes>, Status> {
    let mut request = Request::new(tenant.request::<ListFlavorsReq>());
    request.metadata_mut().insert("x-error-style", style.parse().unwrap());
    FlavorServiceClient::new(deployment.grpc()).list_flavors(request).await
}

async fn code(deployment: &Deployment, tenant: &Tenant) -> i32 {
    list(deployment, tenant, "response").await.unwrap().into_inner().code
}

/// Two tenants, of which the second may ask what this table says.
async fn two(bounds: &str, of_second: &str) -> (Deployment, Tenant, Tenant) {
    let mut deployment = Deployment::builder().toml(bounds).start().await;
    let (first, second) = (deployment.tenant("first").await, deployment.tenant("second").await);
    let mut config: toml::Table = std::fs::read_to_string(deployment.config_file()).unwrap().parse().unwrap();
    let tenants = config.entry("tenant").or_insert_with(|| toml::Table::new().into()).as_table_mut().unwrap();
    let own: toml::Table = of_second.parse().unwrap();
    tenants.insert("limits".to_owned(), toml::Table::from_iter([(second.id.clone(), own.into())]).into());
    std::fs::write(deployment.config_file(), configuration::text(&config)).unwrap();
    deployment.restart().await;
    (deployment, first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_so_many_requests_a_second_and_others_have_theirs() {
    needs_cloudsim!();
    let bounds = "tenant = { requests_per_second = 1, requests_burst = 4 }";
    let (deployment, first, second) = two(bounds, "requests_burst = 1000").await;
    let refused = loop {
        let answers = join_all((0..20).map(|_| list(&deployment, &first, "response"))).await;
        let mut answers = answers.into_iter().map(Result::unwrap);
        if let Some(refused) = answers.find(|answer| answer.get_ref().code != 0) {
            break refused;
        }
    };
    assert_eq!(refused.get_ref().code, EXHAUSTED, "{refused:?}");
    assert!(refused.get_ref().msg.contains("1 requests a second"), "{refused:?}");
    assert_eq!(refused.metadata().get("retry-after").unwrap(), "1");
    let of_second = join_all((0..100).map(|_| code(&deployment, &second))).await;
    assert_eq!(of_second, [0; 100]);

    deployment.cloudsim().clear_record();
    let status = loop {
        if let Err(status) = list(&deployment, &first, "status").await {
            break status;
        }
        deployment.cloudsim().clear_record();
    };
    assert_eq!((status.code(), deployment.cloudsim().requests()), (Code::ResourceExhausted, vec![]));
    let wait = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    assert_eq!(status.metadata().get("retry-after").unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_so_many_calls_at_once() {
    needs_cloudsim!();
    let (deployment, first, second) = two("tenant.calls_max = 2", "calls_max = 3").await;
    deployment.cloudsim().clear_record();
    deployment.cloudsim().fault(Fault::delay(5_000).on(Service::Compute, "GET", "/flavors"));
    let held = async {
        let answers = join_all((0..2).map(|_| code(&deployment, &first)));
        let of_second = join_all((0..3).map(|_| code(&deployment, &second)));
        tokio::join!(answers, of_second)
    };
    let beyond = async {
        wait_for("five calls to be held", STATE_MAX, async || {
            let counts = deployment.cloudsim().counts();
            let asked =
                counts.iter().filter(|count| count.route.contains("/flavors")).map(|count| count.count);
            (asked.sum::<u64>() == 5).then_some(())
        })
        .await;
        let refused = list(&deployment, &first, "response").await.unwrap().into_inner();
        assert_eq!(refused.code, EXHAUSTED, "{}", refused.msg);
        assert!(refused.msg.contains("calls of this tenant"), "{}", refused.msg);
        assert_eq!(code(&deployment, &second).await, EXHAUSTED);
    };
    let (answers, ()) = tokio::join!(held, beyond);
    assert_eq!(answers, (vec![0; 2], vec![0; 3]));
    assert_eq!(code(&deployment, &first).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_may_have_other_bounds_of_operations_than_the_rest() {
    let (deployment, first, second) = two("", "operations_max = 0").await;
    for (tenant, wanted) in [(&first, 0), (&second, EXHAUSTED)] {
        let size = Some(CloudDiskConf { size_in_g: 1, ..CloudDiskConf::default() });
        let request =
            CreateCloudDiskReq { volume_name: "data".to_owned(), cloud_disk_conf: size, ..tenant.request() };
        let made = CloudDiskServiceClient::new(deployment.grpc()).create_cloud_disk(request).await;
        let made = made.unwrap().into_inner();
        assert_eq!(made.code, wanted, "{}", made.msg);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_slowed_down_and_the_right_key_is_let_in() {
    let bounds = "auth.guess = { per_second = 1, burst = 8, delay_ms = 200, waiting_per_address_max = 4 }";
    let deployment = Deployment::builder().toml(bounds).start().await;
    let tenant = deployment.tenant("acme").await;
    let wrong = Tenant { apikey: "A".repeat(20), ..tenant.clone() };
    let flood = join_all((0..100).map(|_| list(&deployment, &wrong, "response")));
    let (answers, right) = tokio::join!(flood, join_all((0..20).map(|_| code(&deployment, &tenant))));
    assert_eq!(right, [0; 20]);
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let of = |code| answers.iter().filter(move |answer| answer.get_ref().code == code);
    assert_eq!(of(EXHAUSTED).count() + of(UNAUTHENTICATED).count(), 100);
    assert!(of(EXHAUSTED).count() > 0 && of(UNAUTHENTICATED).count() > 0, "{answers:?}");
    assert!(of(EXHAUSTED).all(|answer| answer.metadata().get("retry-after").is_some()));

    let mut stranger = Request::new(ListPluginsRequest::default());
    stranger.metadata_mut().insert("authorization", "Bearer nobody".parse().unwrap());
    let asked = (0..100).map(|_| {
        let mut request = Request::new(ListPluginsRequest::default());
        *request.metadata_mut() = stranger.metadata().clone();
        let mut plugins = PluginServiceClient::new(deployment.grpc());
        async move { plugins.list_plugins(request).await.unwrap_err().code() }
    });
    let told = join_all(asked).await;
    assert!(told.contains(&Code::ResourceExhausted), "{told:?}");
    let operators = deployment.operator(ListPluginsRequest::default());
    PluginServiceClient::new(deployment.grpc()).list_plugins(operators).await.unwrap();
}
