//! A canary's trial: how a new generation does beside the one that served, and what follows. Meanwhile `rollout`
//! shares the calls out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Generation, Outcomes};
use tokio::time::Instant;

use super::event::EventKind;
use super::publish;
use super::put_back::put_back;
use super::registry::Registry;
use super::rollout::{Rollout, Trial};
use super::route::Canary;

/// Looks in one window of time.
const LOOKS: usize = 10;

/// What becomes of a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Promote,
    RollBack,
}

/// What the verdict is made of.
#[derive(Debug, Clone, Copy)]
struct Figures {
    /// Of the window of time.
    canary: Outcomes,
    stable: Outcomes,
    /// Of all its time.
    answered: u64,
    age: Duration,
}

/// Watches a canary until it is promoted or rolled back, by hand or by its figures.
pub(super) async fn watch(registry: Arc<Registry>, canary: Arc<Generation>, trial: Trial, config: Canary) {
    let line = |line: &Rollout| line.domain == canary.domain && line.region == canary.region;
    let find = || {
        registry.routing.read(|lines| {
            let line = lines.iter().find(|l| line(l)).filter(|line| line.trial == Some(trial))?;
            line.entry(trial.stable).map(|entry| Arc::clone(&entry.generation))
        })
    };
    let Some(stable) = find() else { return };
    let now = || (canary.outcomes(), stable.outcomes());
    let (begun, first) = (Instant::now(), now());
    let mut window = VecDeque::from([first]);
    let look = Duration::from_millis(config.window_ms) / LOOKS as u32;
    loop {
        tokio::time::sleep(look).await;
        if find().is_none() {
            return;
        }
        let (canary_now, stable_now) = now();
        let (canary_then, stable_then) = window.front().copied().unwrap_or(first);
        let figures = Figures {
            canary: since(canary_then, canary_now),
            stable: since(stable_then, stable_now),
            answered: since(first.0, canary_now).answered,
            age: begun.elapsed(),
        };
        window.push_back((canary_now, stable_now));
        if window.len() > LOOKS {
            window.pop_front();
        }
        if let Some(verdict) = judge(&config, &figures) {
            return end(&registry, verdict, (&canary, &stable, trial), &figures).await;
        }
    }
}

fn since(then: Outcomes, now: Outcomes) -> Outcomes {
    Outcomes { answered: now.answered - then.answered, failed: now.failed - then.failed }
}

fn judge(config: &Canary, figures: &Figures) -> Option<Verdict> {
    let enough = figures.canary.answered >= config.calls_min;
    let excess = config
        .failures_excess_percent
        .is_some_and(|excess| percent(figures.canary) > percent(figures.stable) + f64::from(excess));
    let time = config.promote_after_ms.is_some_and(|ms| figures.age >= Duration::from_millis(ms));
    match (excess, enough) {
        (true, true) => Some(Verdict::RollBack),
        (false, _) if time && figures.answered >= config.calls_min => Some(Verdict::Promote),
        _ => None,
    }
}

/// How many of 100 calls failed.
#[expect(clippy::cast_precision_loss, reason = "a percentage for a comparison")]
fn percent(outcomes: Outcomes) -> f64 {
    if outcomes.answered == 0 { 0.0 } else { 100.0 * outcomes.failed as f64 / outcomes.answered as f64 }
}

async fn end(
    registry: &Arc<Registry>,
    verdict: Verdict,
    (canary, stable, trial): (&Generation, &Arc<Generation>, Trial),
    figures: &Figures,
) {
    let ended = publish::edit_line(registry, canary, |line| {
        let still = line.trial == Some(trial);
        match verdict {
            _ if !still => {}
            Verdict::Promote => line.promote(),
            Verdict::RollBack => line.fail(),
        }
        still
    });
    if ended != Some(true) {
        return;
    }
    let (kind, answers) = match verdict {
        Verdict::Promote => (EventKind::Promoted, canary),
        Verdict::RollBack => (EventKind::RolledBack, &**stable),
    };
    put_back(registry, answers).await;
    let told = format!(
        "{} answers all: of {} calls on {} {} failed, of {} on {} {}",
        answers.label,
        figures.canary.answered,
        canary.label,
        figures.canary.failed,
        figures.stable.answered,
        stable.label,
        figures.stable.failed,
    );
    tracing::warn!(plugin = %answers.label, kind = kind.as_str(), "{told}");
    registry.events.tell(kind, answers, told);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: Canary = Canary {
        percent: 10,
        calls_min: 10,
        failures_excess_percent: Some(5),
        window_ms: 1_000,
        promote_after_ms: Some(1_000),
    };

    fn verdict(canary: (u64, u64), stable: (u64, u64), age_ms: u64) -> Option<Verdict> {
        let outcomes = |(answered, failed)| Outcomes { answered, failed };
        let (canary, stable) = (outcomes(canary), outcomes(stable));
        let age = Duration::from_millis(age_ms);
        judge(&CONFIG, &Figures { canary, stable, answered: canary.answered, age })
    }

    #[test]
    fn more_failures_than_beside_it_end_a_trial() {
        assert_eq!(verdict((100, 6), (1_000, 0), 500), Some(Verdict::RollBack));
        assert_eq!(verdict((100, 5), (1_000, 0), 500), None);
        assert_eq!(verdict((100, 50), (1_000, 500), 500), None);
        assert_eq!(verdict((9, 9), (1_000, 0), 500), None, "too few to judge");
        assert_eq!(verdict((9, 9), (1_000, 0), 5_000), None, "nor enough to promote");
    }

    #[test]
    fn what_goes_well_for_long_enough_is_promoted() {
        assert_eq!(verdict((10, 0), (0, 0), 1_000), Some(Verdict::Promote));
        assert_eq!(verdict((10, 0), (0, 0), 999), None);
        assert_eq!(verdict((9, 0), (0, 0), 1_000), None);
    }
}
