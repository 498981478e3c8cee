//! `grpc.health.v1`: a service is SERVING while a plugin serves its domain, the empty name while the host does.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::HealthReporter;

use crate::plugin::{Domain, Plugins};

/// The contract's services and whose plugin answers them; `None`: no plugin contract yet.
const SERVICES: [(&str, Option<Domain>); 10] = [
    ("tenant.TenantService", Some(Domain::Identity)),
    ("flavor.FlavorService", Some(Domain::Compute)),
    ("image.ImageService", Some(Domain::Compute)),
    ("instance.InstanceService", Some(Domain::Compute)),
    ("securitygroup.SecurityGroupService", Some(Domain::Network)),
    ("clouddisk.CloudDiskService", Some(Domain::Storage)),
    ("nasdisk.NasDiskService", Some(Domain::Nas)),
    ("oss.OSSService", None),
    ("vpc.VpcService", Some(Domain::Network)),
    ("route.RouteService", Some(Domain::Network)),
];

/// The health service, kept true by a task until `stop`, when everything is NOT_SERVING.
pub(super) async fn service(plugins: &Arc<Plugins>, stop: CancellationToken) -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    report(&reporter, |domain| plugins.serves(domain)).await;
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
        reporter.set_service_status("", ServingStatus::NotServing).await;
    });
    service
}

async fn report(reporter: &HealthReporter, serves: impl Fn(Domain) -> bool) {
    for (service, domain) in SERVICES {
        let serving = domain.is_some_and(&serves);
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status(service, status).await;
    }
}
