//! Work that goes on: through a host that is killed or stopped, to an end that says why.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod announced;
mod cancel;
mod client;
mod clock;
mod doubt;
mod ended;
mod hosts;
mod journal;
mod killed;
mod leftover;
mod lifetime;
mod list;
mod prune;
mod retry;
mod stopped;
mod unwritten;
mod watch;

use patchbay_tests::Deployment;
use patchbay_tests::creation::Creations;
use patchbay_tests::deployment::Builder;
use patchbay_tests::postgres::Postgres;
use patchbay_tests::process::HostProcess;

/// Operations are looked at often, and a broken-off one is searched for a short while.
const QUICK: &str = "operation = { poll_ms_min = 20, poll_ms_max = 100, settle_ms = 500 }";

/// A host in a process of its own, and a tenant's instances.
struct Scene {
    host: HostProcess,
    creations: Creations,
    deployment: Deployment,
}

impl Scene {
    async fn start(builder: Builder) -> Self {
        let mut deployment = builder.toml(QUICK).start().await;
        let tenant = deployment.tenant("acme").await;
        let creations = Creations::of(&deployment, tenant).await;
        let host = HostProcess::start(&mut deployment).await;
        Self { host, creations, deployment }
    }
}

/// The same on SQLite and on PostgreSQL.
async fn on_each_database(case: impl AsyncFn(Builder)) {
    case(Deployment::builder()).await;
    let postgres = Postgres::start().await.unwrap();
    case(Deployment::builder().database(&postgres.database("patchbay").unwrap())).await;
}
