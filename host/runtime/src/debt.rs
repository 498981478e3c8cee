//! What a generation owes the host's own threads: guests that computed on them for long, against those that soon gave way.
//! While it owes too much, its calls go to the background at once. Where they run is decided in `share`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A guest that computes for so long at a stretch holds others up; what a plugin does between two backend calls takes a
/// tenth of it.
pub(super) const LONG: Duration = Duration::from_millis(1);

/// In microseconds: what may be owed, what is owed at most, and what each short stretch pays back. A plugin of which nine
/// calls in ten are short keeps its place; one whose calls are all long loses it after two.
const OWED_MAX: u32 = 10_000;
const REMEMBERED_MAX: u32 = 30_000;
const PAID_BACK: u32 = 100;

/// Stretches that are measured after one that the clock called long.
const MEASURED: u32 = 64;

/// That of one generation.
#[derive(Debug, Default)]
pub(super) struct Debt {
    owed: AtomicU32,
    /// Stretches that are yet to be measured.
    suspected: AtomicU32,
}

impl Debt {
    /// A guest has computed for so long at a stretch.
    pub(super) fn note(&self, took: Duration) {
        let owed = self.owed.load(Ordering::Relaxed);
        let now = if took >= LONG {
            let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
            owed.saturating_add(took).min(REMEMBERED_MAX)
        } else if owed > 0 {
            owed.saturating_sub(PAID_BACK)
        } else {
            return;
        };
        // Where two note at once, one of them is forgotten: this is an estimate.
        self.owed.store(now, Ordering::Relaxed);
    }

    /// A stretch was long by the clock; whether the guest computed so long is to be seen.
    pub(super) fn suspect(&self) {
        self.suspected.store(MEASURED, Ordering::Relaxed);
    }

    /// Whether the next stretch is to be measured.
    pub(super) fn suspects(&self) -> bool {
        let left = self.suspected.load(Ordering::Relaxed);
        if left > 0 {
            // Where two begin at once, one more is measured.
            self.suspected.store(left - 1, Ordering::Relaxed);
        }
        left > 0
    }

    /// Whether it owes nothing: of late none of its guests has computed for long.
    pub(super) fn none(&self) -> bool {
        self.owed.load(Ordering::Relaxed) == 0
    }

    /// Whether it owes too much to be let onto the host's own threads.
    pub(super) fn heavy(&self) -> bool {
        self.owed.load(Ordering::Relaxed) > OWED_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_computes_for_long_is_heavy_until_it_has_paid_back() {
        let debt = Debt::default();
        debt.note(Duration::from_millis(6));
        assert!(!debt.heavy(), "once is no habit");
        debt.note(Duration::from_secs(60));
        assert!(debt.heavy());
        let short = (1..).find(|_| {
            debt.note(LONG / 10);
            !debt.heavy()
        });
        assert_eq!(short, Some((REMEMBERED_MAX - OWED_MAX) / PAID_BACK), "not for ever");
    }

    #[test]
    fn a_long_call_now_and_then_is_no_debt() {
        let debt = Debt::default();
        for call in 0..10_000 {
            debt.note(if call % 100 == 0 { LONG * 5 } else { LONG / 10 });
            assert!(!debt.heavy());
        }
    }
}
