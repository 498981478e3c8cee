//! A disturbance, put on the host by processes of their own, which run when nothing else does: attackers have machines of
//! their own.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use futures::future::join_all;
use http::Method;
use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::Tenant;
use patchbay_tests::raw::Raw;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use uuid::Uuid;

use super::disturbance::{ALL, Disturbance, Kind};

const GET_FLAVOR: &str = "flavor.FlavorService/GetFlavor";
/// Connections that the callers share.
const CONNECTIONS_MAX: usize = 4;

/// Who attacks whom, and how.
pub(crate) struct Attack<'a> {
    pub(crate) disturbance: &'a Disturbance,
    pub(crate) address: &'a str,
    /// Those of whom it may make use.
    pub(crate) tenants: &'a [Tenant],
}

/// The same for a process that does one tenant's part of it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    name: String,
    #[arg(long)]
    address: String,
    #[arg(long)]
    tenant_id: String,
    #[arg(long, env = "ATTACKER_APIKEY")]
    apikey: String,
}

/// An attack that goes on until it is stopped.
pub(crate) struct UnderWay(Vec<Child>);

impl Attack<'_> {
    pub(crate) fn start(&self) -> Result<UnderWay> {
        let tenants = self.tenants.iter().take(self.disturbance.tenants);
        Ok(UnderWay(tenants.map(|tenant| self.of(tenant)).collect::<Result<_>>()?))
    }

    fn of(&self, tenant: &Tenant) -> Result<Child> {
        let child = Command::new("chrt")
            .args(["--idle", "0"])
            .arg(std::env::current_exe()?)
            .args(["attack", "--name", self.disturbance.name, "--address", self.address])
            .args(["--tenant-id", &tenant.id])
            .env("ATTACKER_APIKEY", &tenant.apikey)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        child.context("the attack cannot be started")
    }
}

impl UnderWay {
    /// Its connections break off in the middle of whatever they do.
    pub(crate) async fn stop(self) -> Result<()> {
        for mut process in self.0 {
            process.kill().await.context("the attack does not end")?;
        }
        Ok(())
    }
}

/// What the process does, until it is killed.
pub(crate) async fn carry_out(arguments: Arguments) -> Result<()> {
    let Arguments { name, address, tenant_id, apikey } = arguments;
    let disturbance = ALL.iter().find(|one| one.name == name).context("there is no such disturbance")?;
    let wrong = || Uuid::new_v4().simple().to_string();
    match disturbance.kind {
        Kind::Deed(deed) => call(disturbance, &address, Tenant { id: tenant_id, apikey }, deed).await,
        Kind::WrongKey => call(disturbance, &address, Tenant { id: tenant_id, apikey: wrong() }, "x").await,
        Kind::NoTenant => {
            let nobody = Tenant { id: format!("t-{}", wrong()), apikey };
            call(disturbance, &address, nobody, "x").await
        }
        Kind::Streams(count) => {
            let connections = (0..disturbance.callers / disturbance.tenants).map(|_| keep(&address, count));
            join_all(connections).await;
            Ok(())
        }
    }
}

async fn call(by: &Disturbance, address: &str, tenant: Tenant, deed: &'static str) -> Result<()> {
    let count = by.callers / by.tenants;
    let mut channels = Vec::new();
    for _ in 0..count.min(CONNECTIONS_MAX) {
        channels.push(Channel::from_shared(address.to_owned())?.connect().await?);
    }
    let mut callers = JoinSet::new();
    for channel in channels.iter().cycle().take(count) {
        callers.spawn(ask_again(channel.clone(), tenant.clone(), deed));
    }
    callers.join_all().await;
    Ok(())
}

async fn ask_again(channel: Channel, tenant: Tenant, deed: &'static str) {
    let mut client = FlavorServiceClient::new(channel);
    loop {
        let request = GetFlavorReq { flavor_id: deed.to_owned(), ..tenant.request() };
        // Whatever comes of it.
        let _ = client.get_flavor(request).await;
    }
}

/// Opens them all, and again those that the host has ended.
async fn keep(address: &str, count: usize) {
    loop {
        let mut raw = Raw::connect(address).await;
        let mut open = JoinSet::new();
        while let Ok(stream) = raw.begin(Method::POST, GET_FLAVOR, &[]).await {
            open.spawn(stream.ended());
            if open.len() == count {
                open.join_next().await;
            }
        }
    }
}
