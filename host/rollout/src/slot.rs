//! A slot: one route with what it grants, and what was last seen of its file. A look at the file either finds what was
//! seen before or begins an admission; what becomes of an admitted generation is its line's affair.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_core::Digest;
use patchbay_runtime::{Generation, Grant, Granted, Limits};
use patchbay_upstream::Upstreams;
use tokio::sync::{Mutex, MutexGuard};

use super::admission::{self, Refusal};
use super::canary;
use super::event::{About, EventKind};
use super::file::File;
use super::ledger::Step;
use super::line::{Entry, Standing};
use super::registry::Registry;
use super::route::Route;
use super::swap;

/// One route: everything that a generation is made of, besides its component.
pub(super) struct Slot {
    pub(super) route: Arc<Route>,
    upstreams: BTreeMap<String, Granted>,
    pub(super) limits: Limits,
    /// One look at a time.
    seen: Mutex<Seen>,
}

/// How the file was found, so that the same is not done and told again.
#[derive(Default)]
pub(super) struct Seen {
    digest: Option<Digest>,
    /// The generation that came of it, or would have.
    number: Option<u64>,
    /// Why it was refused.
    reason: Option<String>,
    /// It was not the file's fault.
    again: bool,
}

impl Seen {
    /// This file, which passed.
    pub(super) fn of(number: u64, digest: &Digest) -> Self {
        Self { digest: Some(digest.clone()), number: Some(number), ..Self::default() }
    }

    /// The generation of the file, or that it would have been.
    pub(super) fn number(&self) -> Option<u64> {
        self.number
    }

    /// The generation of the file with this digest, if that is what was seen last and it passed.
    pub(super) fn passed(&self, digest: &Digest) -> Option<u64> {
        self.number.filter(|_| self.digest.as_ref() == Some(digest) && !self.refused())
    }

    /// The file did not pass.
    pub(super) fn refused(&self) -> bool {
        self.reason.is_some()
    }
}

impl Slot {
    pub(super) fn new(route: Arc<Route>, upstreams: &Upstreams, limits: Limits) -> Self {
        let granted = |(name, configured): (&String, &String)| {
            let upstream = Arc::clone(upstreams.get(configured)?);
            Some((name.clone(), Granted { name: configured.as_str().into(), upstream }))
        };
        let upstreams = route.upstreams.iter().filter_map(granted).collect();
        Self { route, upstreams, limits, seen: Mutex::default() }
    }

    pub(super) async fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().await
    }

    /// What a component with this digest is lent here.
    pub(super) fn grant(&self, digest: Digest) -> Grant {
        let Route { domain, region, plugin, settings, .. } = &*self.route;
        Grant {
            domain: *domain,
            region: region.clone(),
            plugin: plugin.clone(),
            label: format!("{plugin}@{}", digest.short()).into(),
            digest,
            settings: settings.clone(),
            upstreams: self.upstreams.clone(),
            limits: self.limits,
        }
    }

    /// Looks at the file once, and admits what is new.
    pub(super) async fn look(&self, registry: &Arc<Registry>) {
        let mut seen = self.seen.lock().await;
        let path = File::path(&registry.runtime.config.directory, &self.route.plugin);
        match File::read(path, registry.runtime.config.file_bytes_max).await {
            Ok(file) if seen.digest.as_ref() == Some(&file.digest) && !seen.again => {}
            Ok(file) => {
                if let Ok(generation) = self.admit(registry, &mut seen, file).await {
                    serve(registry, &generation, &self.route);
                }
            }
            Err(refusal) => self.unread(registry, &mut seen, &refusal),
        }
    }

    /// Admits a component for a route that is new or has changed, and lets it wait for its place.
    ///
    /// # Errors
    /// Why it was refused.
    pub(super) async fn admit_anew(
        &self,
        registry: &Arc<Registry>,
        file: File,
    ) -> Result<Arc<Generation>, Refusal> {
        self.admit(registry, &mut *self.seen.lock().await, file).await
    }

    /// Whether it is the same plugin in the same line.
    pub(super) fn is_for(&self, route: &Route) -> bool {
        let own = &self.route;
        own.domain == route.domain && own.region == route.region && own.plugin == route.plugin
    }

    /// Carries a file through its admission and tells how that went.
    pub(super) async fn admit(
        &self,
        registry: &Arc<Registry>,
        seen: &mut Seen,
        file: File,
    ) -> Result<Arc<Generation>, Refusal> {
        let same = seen.digest.as_ref() == Some(&file.digest);
        let number = seen.number.filter(|_| same).unwrap_or_else(|| registry.number());
        let before = std::mem::take(seen).reason.filter(|_| same);
        (seen.digest, seen.number) = (Some(file.digest.clone()), Some(number));
        registry.ledger.begin(number, &self.route, seen.digest.as_ref());
        let (steps, outcome) = admission::admit(registry, self, number, file).await;
        match &outcome {
            Ok(generation) => self.admitted(registry, generation, steps),
            Err(refusal) => {
                seen.again = refusal.passes();
                seen.reason = Some(refusal.to_string());
                registry.ledger.refused(number, &refusal.to_string(), steps);
                if seen.reason != before {
                    self.refused(registry, seen, refusal);
                }
            }
        }
        outcome
    }

    /// A file that is away is no reason for anything while its plugin serves.
    fn unread(&self, registry: &Arc<Registry>, seen: &mut Seen, refusal: &Refusal) {
        let reason = Some(refusal.to_string());
        let serves = || {
            registry.routing.read(|lines| {
                let own = lines.iter().filter(|line| line.domain == self.route.domain);
                let mut entries =
                    own.filter(|line| line.region == self.route.region).flat_map(|l| &l.entries);
                entries.any(|entry| entry.generation.plugin == self.route.plugin)
            })
        };
        if seen.reason == reason || (matches!(refusal, Refusal::Missing(_)) && serves()) {
            return;
        }
        *seen = Seen { reason, ..Seen::default() };
        if !matches!(refusal, Refusal::Missing(_)) {
            let number = registry.number();
            seen.number = Some(number);
            registry.ledger.begin(number, &self.route, None);
            registry.ledger.refused(number, &refusal.to_string(), vec![Step::refused("file", refusal)]);
        }
        self.refused(registry, seen, refusal);
    }

    fn admitted(&self, registry: &Registry, generation: &Generation, steps: Vec<Step>) {
        let took: std::time::Duration = steps.iter().map(|step| step.took).sum();
        registry.ledger.admitted(generation, steps);
        registry.runtime.metrics().admission(&self.route.plugin, "admitted");
        let told = format!("{} was admitted in {} ms", generation.label, took.as_millis());
        registry.events.tell(EventKind::Admitted, generation, told);
    }

    fn refused(&self, registry: &Registry, seen: &Seen, refusal: &Refusal) {
        let (plugin, domain) = (&self.route.plugin, self.route.domain.word());
        if matches!(refusal, Refusal::Missing(_)) {
            tracing::warn!(plugin, domain, %refusal, "no plugin serves the domain");
            return;
        }
        registry.runtime.metrics().admission(plugin, "refused");
        tracing::error!(plugin, reason = %refusal, "refused; what served goes on serving");
        let digest = seen.digest.as_ref().map(Digest::as_str).unwrap_or_default();
        let about = About::file(&self.route, seen.number.unwrap_or(0), digest);
        registry.events.tell(EventKind::Refused, about, format!("{plugin} was refused: {refusal}"));
    }
}

/// Gives an admitted generation its place in its line.
pub(super) fn serve(registry: &Arc<Registry>, generation: &Arc<Generation>, route: &Route) {
    let trial = swap::edit_line(registry, generation, |line| {
        line.install(generation, route);
        line.trial
    });
    came(registry, generation);
    if let (Some(Some(trial)), Some(config)) = (trial, &route.canary) {
        let generation = Arc::clone(generation);
        tokio::spawn(canary::watch(Arc::clone(registry), generation, trial, config.clone()));
    }
}

/// Tells how a new generation came into service.
pub(super) fn came(registry: &Registry, generation: &Generation) {
    let found = registry.routing.read(|lines| {
        let mut lines = lines.iter().filter(|line| line.domain == generation.domain);
        let line = lines.find(|line| line.region == generation.region)?;
        let canary = line.trial.is_some_and(|trial| trial.canary == generation.number);
        let Entry { standing, weight, .. } = line.entry(generation.number)?;
        Some((canary, *standing, *weight))
    });
    let (label, domain) = (&generation.label, generation.domain.word());
    match found {
        Some((true, _, weight)) => {
            tracing::info!(plugin = %label, version = %generation.version, domain, weight, "serves as a canary");
            let told = format!("{label} answers {domain} on trial, at weight {weight}");
            registry.events.tell(EventKind::Canary, generation, told);
        }
        Some((false, Standing::Serving, _)) => {
            tracing::info!(plugin = %label, version = %generation.version, domain, "serves");
            registry.events.tell(EventKind::Activated, generation, format!("{label} answers {domain}"));
        }
        _ => tracing::info!(plugin = %label, version = %generation.version, domain, "stands by"),
    }
}
