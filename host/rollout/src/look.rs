//! A look at the file of a route: it finds what was seen before, or begins an admission, and what passes is given its place.
//! How an admission goes is in `admission`, what a place is in `rollout`.

use std::sync::Arc;

use patchbay_core::Digest;
use patchbay_runtime::Generation;

use super::admission;
use super::canary;
use super::event::{About, EventKind};
use super::file::File;
use super::plugin_source::{LastObserved, PluginSource};
use super::publish;
use super::refusal::Refusal;
use super::registry::Registry;
use super::rollout::Entry;
use super::route::Route;
use super::state::State;
use super::step::Step;

impl PluginSource {
    /// Looks at the file once, and admits what is new.
    pub(super) async fn look(&self, registry: &Arc<Registry>) {
        let mut seen = self.lock().await;
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
        self.admit(registry, &mut *self.lock().await, file).await
    }

    /// Carries a file through its admission and tells how that went.
    pub(super) async fn admit(
        &self,
        registry: &Arc<Registry>,
        seen: &mut LastObserved,
        file: File,
    ) -> Result<Arc<Generation>, Refusal> {
        let same = seen.digest.as_ref() == Some(&file.digest);
        let number = seen.number.filter(|_| same).unwrap_or_else(|| registry.number());
        let before = std::mem::take(seen).reason.filter(|_| same);
        (seen.digest, seen.number) = (Some(file.digest.clone()), Some(number));
        registry.history.begin(number, &self.route, seen.digest.as_ref());
        let (steps, outcome) = admission::admit(registry, self, number, file).await;
        match &outcome {
            Ok(generation) => self.admitted(registry, generation, steps),
            Err(refusal) => {
                seen.again = refusal.passes();
                seen.reason = Some(refusal.to_string());
                registry.history.refused(number, &refusal.to_string(), steps);
                if seen.reason != before {
                    self.refused(registry, seen, refusal);
                }
            }
        }
        outcome
    }

    /// A file that is away is no reason for anything while its plugin serves.
    fn unread(&self, registry: &Arc<Registry>, seen: &mut LastObserved, refusal: &Refusal) {
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
        *seen = LastObserved { reason, ..LastObserved::default() };
        if !matches!(refusal, Refusal::Missing(_)) {
            let number = registry.number();
            seen.number = Some(number);
            registry.history.begin(number, &self.route, None);
            registry.history.refused(number, &refusal.to_string(), vec![Step::refused("file", refusal)]);
        }
        self.refused(registry, seen, refusal);
    }

    fn admitted(&self, registry: &Registry, generation: &Generation, steps: Vec<Step>) {
        let took: std::time::Duration = steps.iter().map(|step| step.took).sum();
        registry.history.admitted(generation, steps);
        registry.runtime.metrics().admission(&self.route.plugin, "admitted");
        let told = format!("{} was admitted in {} ms", generation.label, took.as_millis());
        registry.events.tell(EventKind::Admitted, generation, told);
    }

    fn refused(&self, registry: &Registry, seen: &LastObserved, refusal: &Refusal) {
        let (plugin, domain) = (&self.route.plugin, self.route.domain.as_str());
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

/// Gives an admitted generation its place in its rollout.
pub(super) fn serve(registry: &Arc<Registry>, generation: &Arc<Generation>, route: &Route) {
    let trial = publish::edit_line(registry, generation, |line| {
        line.install(generation, route);
        line.trial
    });
    log_activation(registry, generation);
    if let (Some(Some(trial)), Some(config)) = (trial, &route.canary) {
        let generation = Arc::clone(generation);
        tokio::spawn(canary::watch(Arc::clone(registry), generation, trial, config.clone()));
    }
}

/// Tells how a new generation came into service.
pub(super) fn log_activation(registry: &Registry, generation: &Generation) {
    let found = registry.routing.read(|lines| {
        let mut lines = lines.iter().filter(|line| line.domain == generation.domain);
        let line = lines.find(|line| line.region == generation.region)?;
        line.entry(generation.number).map(|Entry { state, weight, .. }| (*state, *weight))
    });
    let (label, domain) = (&generation.label, generation.domain.as_str());
    match found {
        Some((State::Canary, weight)) => {
            tracing::info!(plugin = %label, version = %generation.version, domain, weight, "serves as a canary");
            let told = format!("{label} answers {domain} on trial, at weight {weight}");
            registry.events.tell(EventKind::Canary, generation, told);
        }
        Some((State::Active, _)) => {
            tracing::info!(plugin = %label, version = %generation.version, domain, "serves");
            registry.events.tell(EventKind::Activated, generation, format!("{label} answers {domain}"));
        }
        _ => tracing::info!(plugin = %label, version = %generation.version, domain, "stands by"),
    }
}
