//! `bench --hostile`: what the callers of one domain notice while the plugin of another misbehaves. The compute plugin is the
//! `hostile` guest; a second tenant asks for a disk again and again. Each disturbance has quiet turns between its own, so
//! that whatever else the machine does hits both.
//!
//! What the disturbances are is in `disturbance`, how they are put on the host in `attack`, what is measured in `probe`.

mod attack;
mod disturbance;
mod memory;
mod probe;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context as _, Result};
use patchbay_tests::measured::cloud::Cloud;
use patchbay_tests::measured::host::{Host, Settings};
use patchbay_tests::measured::scene;
use patchbay_tests::measured::{beside, plugins};

use self::attack::Attack;
pub(crate) use self::attack::{Arguments, carry_out};
use self::disturbance::{ALL, Probed, TENANTS};
use self::memory::Memory;
use self::probe::Probe;
use self::report::Series;

/// From the start of a disturbance until it is under way, and from its end until the host is at rest.
const SETTLE: Duration = Duration::from_millis(700);

/// Measures them all, or the one that is called so.
pub(crate) async fn compare(rounds: u32, turn: Duration, only: Option<&str>) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let cloud = Cloud::start(&beside("cloudsim")?, &["--instant"]).await?;
    let settings = Settings {
        binary: beside("patchbay")?,
        plugins: with_hostile(&directory.path().join("plugins"))?,
        directory: directory.path().to_owned(),
        auth_url: cloud.auth_url(),
        lent: toml::toml!(backend = "cloud"),
        reuse: "tenant".to_owned(),
    };
    // The first start compiles the plugins, the second finds them compiled.
    Host::start(&settings, |_| ()).await?.stop().await?;
    let host = Host::start(&settings, |_| ()).await?;
    let channel = tonic::transport::Channel::from_shared(host.address.clone())?.connect().await?;
    let mut attackers = Vec::new();
    for number in 1..=TENANTS {
        attackers.push(scene::tenant(channel.clone(), &format!("attacker {number}")).await?);
    }
    let probe = Probe::new(channel, "neighbour").await?;
    probe.turn(Probed::Disk, turn).await?;

    let chosen = ALL.iter().filter(|disturbance| only.is_none_or(|only| disturbance.name.contains(only)));
    let mut measured = Vec::new();
    for disturbance in chosen {
        let attack = Attack { disturbance, address: &host.address, tenants: &attackers };
        measured.push(in_turns(&attack, rounds, turn, &host, &probe).await?);
    }
    report::print(&measured)?;
    host.stop().await?;
    cloud.stop().await
}

async fn in_turns(
    attack: &Attack<'_>,
    rounds: u32,
    turn: Duration,
    host: &Host,
    probe: &Probe,
) -> Result<Series> {
    let probed = attack.disturbance.probed;
    let mut series = Series::new(attack.disturbance, host.process.resident_mib()?)?;
    for round in 1..=rounds {
        eprintln!("{}, turn {round} of {rounds}", attack.disturbance.name);
        series.quiet.add(probe.turn(probed, turn).await?)?;
        let under_way = attack.start()?;
        tokio::time::sleep(SETTLE).await;
        let (disturbed, peak) = Memory::peak_during(&host.process, probe.turn(probed, turn)).await?;
        series.disturbed.add(disturbed?)?;
        series.peak_mib = series.peak_mib.max(peak);
        under_way.stop().await?;
        tokio::time::sleep(SETTLE).await;
        series.after_mib = host.process.resident_mib()?;
    }
    // As many before as after.
    series.quiet.add(probe.turn(probed, turn).await?)?;
    Ok(series)
}

/// The built plugins, with the hostile guest in the compute plugin's place.
fn with_hostile(directory: &Path) -> Result<PathBuf> {
    fs::create_dir_all(directory)?;
    for plugin in fs::read_dir(plugins()?)? {
        let plugin = plugin?;
        fs::copy(plugin.path(), directory.join(plugin.file_name()))?;
    }
    let guests = env::var_os("PATCHBAY_TEST_PLUGINS").context("PATCHBAY_TEST_PLUGINS is not set")?;
    fs::copy(Path::new(&guests).join("hostile.wasm"), directory.join("compute-nova.wasm"))?;
    Ok(directory.to_owned())
}
