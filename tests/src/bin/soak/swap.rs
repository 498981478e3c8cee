//! What is swapped, and how: files of two builds take each other's place by a rename, as a deployment tool does it.
//! Now and then a build that was never compiled, or a broken file. When that happens is decided in `round`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use patchbay_tests::component::{install, stamped};
use sha2::{Digest as _, Sha256};

use crate::serving::Verdicts;

/// The plugins that the callers' calls reach, in the order in which they are swapped.
const PLUGINS: [&str; 3] = ["compute-nova", "storage-cinder", "network-neutron"];
/// Every so many swaps a build is new to the cache of compiled components.
const COLD_EVERY: usize = 20;
/// Every so many swaps a broken file comes first.
const BROKEN_EVERY: usize = 10;
/// How long the host may take to say what became of a file.
const VERDICT_MAX: Duration = Duration::from_secs(60);
/// Digits of a digest by which the host tells generations apart.
const DIGEST_DIGITS: usize = 12;

/// A good file that took another's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Swap {
    /// Never compiled before.
    pub(crate) cold: bool,
    /// A broken file was there before it.
    pub(crate) after_broken: bool,
    /// Since the calls began.
    pub(crate) at: Duration,
    /// From the rename until it serves.
    pub(crate) served_in: Duration,
}

/// Swaps plugins in a directory.
pub(crate) struct Swapper {
    directory: PathBuf,
    verdicts: Verdicts,
    builds: Vec<Build>,
    swaps: usize,
}

/// One plugin and its builds.
struct Build {
    plugin: &'static str,
    component: Vec<u8>,
    /// How often it was swapped.
    turns: usize,
}

impl Swapper {
    pub(crate) fn new(directory: &Path, verdicts: Verdicts) -> Result<Self> {
        let build = |plugin: &'static str| {
            let file = directory.join(plugin).with_extension("wasm");
            let component = std::fs::read(&file).with_context(|| file.display().to_string())?;
            Ok(Build { plugin, component, turns: 0 })
        };
        let builds = PLUGINS.into_iter().map(build).collect::<Result<_>>()?;
        Ok(Self { directory: directory.to_owned(), verdicts, builds, swaps: 0 })
    }

    /// Swaps every plugin twice, so that both of its builds are compiled.
    pub(crate) async fn warm_up(&mut self) -> Result<()> {
        for _ in 0..2 * PLUGINS.len() {
            self.put(self.swaps % PLUGINS.len(), false).await?;
            self.swaps += 1;
        }
        self.swaps = 0;
        Ok(())
    }

    /// The next one; `began` is when the calls did.
    pub(crate) async fn swap(&mut self, began: Instant) -> Result<Swap> {
        let (place, number) = (self.swaps % PLUGINS.len(), self.swaps + 1);
        self.swaps = number;
        let broken = number.is_multiple_of(BROKEN_EVERY);
        if broken {
            self.put_broken(place).await?;
        }
        let cold = number.is_multiple_of(COLD_EVERY);
        let at = began.elapsed();
        let served_in = self.put(place, cold).await?;
        Ok(Swap { cold, after_broken: broken, at, served_in })
    }

    async fn put(&mut self, place: usize, cold: bool) -> Result<Duration> {
        let build = &mut self.builds[place];
        build.turns += 1;
        let stamp = if cold { format!("new-{}", self.swaps) } else { format!("build-{}", build.turns % 2) };
        let component = stamped(&build.component, &stamp);
        let label = format!("{}@{}", build.plugin, digest(&component));
        let dropped_at = Timestamp::now();
        install(&component, &self.directory, build.plugin);
        let serves = self.verdicts.next(|verdict| verdict.plugin == label && verdict.at >= dropped_at);
        let verdict = tokio::time::timeout(VERDICT_MAX, serves).await;
        let verdict = verdict.with_context(|| format!("{label} does not come to serve"))??;
        ensure!(verdict.reason.is_none(), "{label}: {:?}", verdict.reason);
        Ok(verdict.at.duration_since(dropped_at).unsigned_abs())
    }

    /// Half a file, and the host's refusal.
    async fn put_broken(&mut self, place: usize) -> Result<()> {
        let build = &self.builds[place];
        let (plugin, half) = (build.plugin, build.component.len() / 2);
        // Each is another file: the same one twice is not told twice.
        let broken = [&build.component[..half], self.swaps.to_string().as_bytes()].concat();
        let dropped_at = Timestamp::now();
        install(&broken, &self.directory, plugin);
        let refused = self
            .verdicts
            .next(|verdict| verdict.plugin == plugin && verdict.reason.is_some() && verdict.at >= dropped_at);
        let told = tokio::time::timeout(VERDICT_MAX, refused).await;
        told.with_context(|| format!("a broken {plugin} is not refused"))??;
        Ok(())
    }
}

fn digest(component: &[u8]) -> String {
    let digest: String = Sha256::digest(component).iter().map(|byte| format!("{byte:02x}")).collect();
    digest.chars().take(DIGEST_DIGITS).collect()
}
