//! `grpc.health.v1`: a service is SERVING while a plugin serves its domain, the empty name while the host does.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use patchbay_core::Domain;
use patchbay_proto::RPCS;
use patchbay_rollout::Plugins;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

/// Whose plugin answers a service; what is not here the host answers itself.
const SERVICES: [(&str, Domain); 11] = [
    ("tenant.TenantService", Domain::Identity),
    ("patchbay.tenant.v1.TenantAdminService", Domain::Identity),
    ("flavor.FlavorService", Domain::Compute),
    ("image.ImageService", Domain::Compute),
    ("instance.InstanceService", Domain::Compute),
    ("securitygroup.SecurityGroupService", Domain::Network),
    ("clouddisk.CloudDiskService", Domain::Storage),
    ("nasdisk.NasDiskService", Domain::Nas),
    ("oss.OSSService", Domain::Oss),
    ("vpc.VpcService", Domain::Network),
    ("route.RouteService", Domain::Network),
];

/// The services that the host answers itself.
fn own() -> impl Iterator<Item = &'static str> {
    let mut services: Vec<_> = RPCS.iter().map(|rpc| rpc.service).collect();
    services.dedup();
    services.into_iter().filter(|service| !SERVICES.iter().any(|(name, _)| name == service))
}

/// The health service, kept true by a task until `stop`, when everything is NOT_SERVING and whoever watches is told so.
pub(super) async fn service(plugins: &Arc<Plugins>, stop: CancellationToken) -> HealthServer<impl Health> {
    let reporter = HealthReporter::new();
    let (service, over) = (HealthService::from_health_reporter(reporter.clone()), CancellationToken::new());
    let watched = Watched { service, over: over.clone() };
    report(&reporter, |domain| plugins.serves(domain)).await;
    for service in own() {
        reporter.set_service_status(service, ServingStatus::Serving).await;
    }
    let plugins = Arc::clone(plugins);
    tokio::spawn(async move {
        let mut changes = plugins.changes();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                changed = changes.changed() => if changed.is_err() { break },
            }
            report(&reporter, |domain| plugins.serves(domain)).await;
        }
        report(&reporter, |_| false).await;
        for service in own().chain([""]) {
            reporter.set_service_status(service, ServingStatus::NotServing).await;
        }
        over.cancel();
    });
    HealthServer::new(watched)
}

/// The library's service, with an end of its watches.
struct Watched {
    service: HealthService,
    over: CancellationToken,
}

#[tonic::async_trait]
impl Health for Watched {
    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.service.check(request).await
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let changes = self.service.watch(request).await?.into_inner();
        let last = HealthCheckResponse { status: ServingStatus::NotServing as i32 };
        let watch = changes.take_until(self.over.clone().cancelled_owned()).chain(stream::iter([Ok(last)]));
        Ok(Response::new(watch.boxed()))
    }
}

async fn report(reporter: &HealthReporter, serves: impl Fn(Domain) -> bool) {
    for (service, domain) in SERVICES {
        let status = if serves(domain) { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status(service, status).await;
    }
}
