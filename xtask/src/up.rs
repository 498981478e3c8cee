//! `cargo xtask up`: host and cloud in the foreground, ready to be tried.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::cloud::Cloud;
use crate::dev::Dev;
use crate::ports::{GATEWAYS, GRPC, HTTP, SIMULATOR};
use crate::rig::Rigs;
use crate::service::{Interrupt, Service, watch};
use crate::workspace::Workspace;
use crate::{binaries, plugins, process};

/// How long the host may take to serve; the first start compiles the components.
const HOST_READY_MAX: Duration = Duration::from_secs(120);
/// How long the simulator may take to serve.
const SIMULATOR_READY_MAX: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Use a real OpenStack and real Ceph on this machine instead of the simulated cloud.
    #[arg(long)]
    real: bool,
    /// Let the host speak TLS, with certificates that `openssl` makes on the spot.
    #[arg(long)]
    tls: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    check_ports(arguments.real)?;
    plugins::build(workspace)?;
    if arguments.real {
        binaries::build_only(workspace, &["patchbay"])?;
        let rigs = Rigs::of(workspace);
        rigs.up()?;
        process::say(&rigs.stop_hints());
        serve(workspace, &Dev::prepare(workspace, Cloud::real(&rigs.variables()?)?, arguments.tls)?)
    } else {
        binaries::build_only(workspace, &["patchbay", "cloudsim"])?;
        serve(workspace, &Dev::prepare(workspace, Cloud::simulated(), arguments.tls)?)
    }
}

/// Runs everything until Ctrl-C; ends the host before the cloud that its last calls need.
fn serve(workspace: &Workspace, dev: &Dev) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let mut services = Vec::new();
    if dev.simulated() {
        let mut command = Command::new(workspace.binary("cloudsim"));
        // It prints `ready` as well, which would be mistaken for ours.
        command.args(["--listen", &SIMULATOR.to_string()]).stdout(Stdio::null());
        command.args(GATEWAYS.map(|gateway| format!("--gateway={gateway}")));
        let mut simulator = Service::start("cloudsim", &mut command)?;
        let ready = simulator.ready(SIMULATOR, "/identity/v3", SIMULATOR_READY_MAX, &interrupt)?;
        services.push(simulator);
        if !ready {
            return stop(services);
        }
    }
    dev.write_environment(workspace)?;
    let mut command = Command::new(workspace.binary("patchbay"));
    let host = command.arg("serve").arg("--config").arg(dev.config()).envs(dev.secrets());
    let mut host = Service::start("patchbay", host.current_dir(&workspace.root))?;
    let ready = host.ready(HTTP, "/healthz", HOST_READY_MAX, &interrupt)?;
    services.push(host);
    if ready {
        process::say(&dev.invitation());
        watch(&mut services, &interrupt)?;
    }
    stop(services)
}

fn stop(mut services: Vec<Service>) -> Result<()> {
    process::say("stopping");
    while let Some(service) = services.pop() {
        service.stop()?;
    }
    Ok(())
}

/// Says early, and by name, what is taken: a server's own message would come after minutes of building.
fn check_ports(real: bool) -> Result<()> {
    let [one, two] = GATEWAYS;
    let simulator = [("cloudsim", SIMULATOR), ("cloudsim's gateway", one), ("cloudsim's gateway", two)];
    let simulator = simulator.into_iter().filter(|_| !real);
    for (name, address) in [("gRPC", GRPC), ("HTTP", HTTP)].into_iter().chain(simulator) {
        check_port(name, address)?;
    }
    Ok(())
}

fn check_port(name: &str, address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("{address} ({name}) is taken by another process; is `cargo xtask up` already running?")
        }
        Err(error) => bail!("{address} ({name}) cannot be listened on: {error}"),
        Ok(_) => Ok(()),
    }
}
