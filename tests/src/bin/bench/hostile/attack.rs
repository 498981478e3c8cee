//! A disturbance, put on the host by a process of its own: at the lowest priority, for attackers have machines of their own.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use patchbay::proto::flavor::GetFlavorReq;
use patchbay::proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::Tenant;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::disturbance::{ALL, Disturbance, Kind};

/// Connections that the callers share.
const CONNECTIONS_MAX: usize = 4;

/// Who attacks whom, and how.
pub(crate) struct Attack<'a> {
    pub(crate) disturbance: &'a Disturbance,
    pub(crate) address: &'a str,
    pub(crate) tenant: &'a Tenant,
}

/// The same for the process that does it.
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
pub(crate) struct UnderWay(Child);

impl Attack<'_> {
    pub(crate) fn start(&self) -> Result<UnderWay> {
        let child = Command::new("nice")
            .args(["-n", "19"])
            .arg(std::env::current_exe()?)
            .args(["attack", "--name", self.disturbance.name, "--address", self.address])
            .args(["--tenant-id", &self.tenant.id])
            .env("ATTACKER_APIKEY", &self.tenant.apikey)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        Ok(UnderWay(child.context("the attack cannot be started")?))
    }
}

impl UnderWay {
    /// Its connections break off in the middle of whatever they do.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.0.kill().await.context("the attack does not end")
    }
}

/// What the process does, until it is killed.
pub(crate) async fn carry_out(arguments: Arguments) -> Result<()> {
    let Arguments { name, address, tenant_id, apikey } = arguments;
    let disturbance = ALL.iter().find(|one| one.name == name).context("there is no such disturbance")?;
    let tenant = Tenant { id: tenant_id, apikey };
    let mut channels = Vec::new();
    for _ in 0..disturbance.callers.min(CONNECTIONS_MAX) {
        channels.push(Channel::from_shared(address.clone())?.connect().await?);
    }
    let mut callers = JoinSet::new();
    for channel in channels.iter().cycle().take(disturbance.callers) {
        match disturbance.kind {
            Kind::Deed(deed) => callers.spawn(call(channel.clone(), tenant.clone(), deed)),
        };
    }
    callers.join_all().await;
    Ok(())
}

async fn call(channel: Channel, tenant: Tenant, deed: &'static str) {
    let mut client = FlavorServiceClient::new(channel);
    loop {
        let request = GetFlavorReq { flavor_id: deed.to_owned(), ..tenant.request() };
        // Whatever comes of it.
        let _ = client.get_flavor(request).await;
    }
}
