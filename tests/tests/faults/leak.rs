//! Connections that break are given back.

use std::time::Duration;

use cloudsim::{Effect, Fault, Service};
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::flavors;

/// Each leaves one open file more, if it leaks.
const ROUNDS: usize = 20;
/// Connections that a pool may rightly keep more than before.
const KEPT_MAX: usize = 8;
const CLOSED_MAX: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_broken_connection_is_closed() {
    needs_cloudsim!();
    let short = "upstream.cloud.transport = { timeout_ms = 200, retries_max = 0 }";
    let mut deployment = Deployment::builder().quick().toml(short).start().await;
    let tenant = deployment.tenant("acme").await;
    let host = HostProcess::start(&mut deployment).await;
    assert_eq!(flavors(host.grpc(), &tenant).await.0, 0);
    let before = host.open_files();
    for effect in [Effect::CloseBefore, Effect::CutBody, Effect::Endless] {
        let fault = Fault { effect, ..Fault::default() };
        deployment.cloudsim().fault(fault.on(Service::Compute, "GET", "/flavors"));
        for _ in 0..ROUNDS {
            assert_ne!(flavors(host.grpc(), &tenant).await.0, 0);
        }
        deployment.cloudsim().clear_faults();
    }
    let closed = async || (host.open_files() <= before + KEPT_MAX).then_some(());
    wait_for("the connections to be closed", CLOSED_MAX, closed).await;
    assert_eq!(flavors(host.grpc(), &tenant).await.0, 0);
}
