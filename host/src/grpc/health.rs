//! `grpc.health.v1`: a service is SERVING while a plugin serves its domain, the empty name while the host does.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::HealthReporter;

use crate::plugin::{Domain, Plugins};

/// What the host answers itself.
const OWN: [&str; 3] = [
    "patchbay.operation.v1.OperationService",
    "patchbay.plugin.v1.PluginService",
    "patchbay.journal.v1.JournalService",
];

/// The contract's services and whose plugin answers them.
const SERVICES: [(&str, Domain); 10] = [
    ("tenant.TenantService", Domain::Identity),
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

/// The health service, kept true by a task until `stop`, when everything is NOT_SERVING.
pub(super) async fn service(plugins: &Arc<Plugins>, stop: CancellationToken) -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    report(&reporter, |domain| plugins.serves(domain)).await;
    for service in OWN {
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
        for service in OWN.into_iter().chain([""]) {
            reporter.set_service_status(service, ServingStatus::NotServing).await;
        }
    });
    service
}

async fn report(reporter: &HealthReporter, serves: impl Fn(Domain) -> bool) {
    for (service, domain) in SERVICES {
        let status = if serves(domain) { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status(service, status).await;
    }
}
