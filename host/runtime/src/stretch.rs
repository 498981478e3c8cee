//! How long a guest computes at a stretch, by the processor's time: on a busy machine a thread waits for its turn in the middle
//! of one, and that is no doing of the guest's. To ask for that time costs as much as many a stretch takes, so who is not
//! suspected is measured by the clock. What comes of it is `debt`.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::debt::{Debt, LONG};

/// One that has begun on this thread.
pub(super) struct Stretch {
    began: Instant,
    /// Where it is measured.
    on_cpu: Option<Duration>,
}

impl Stretch {
    /// One that is measured as its generation is watched.
    pub(super) fn of(debt: &Debt) -> Self {
        Self { began: Instant::now(), on_cpu: debt.suspects().then(on_cpu) }
    }

    /// One that is measured in any case.
    pub(super) fn measured() -> Self {
        Self { began: Instant::now(), on_cpu: Some(on_cpu()) }
    }

    /// Its end, put down in the generation's debt. What the call is charged for it: a first long one, which may have been a wait
    /// for the processor, is let pass and makes suspicious; where it was the guest, more of them follow.
    pub(super) fn end(self, debt: &Debt) -> Duration {
        let by_clock = self.began.elapsed();
        let took = match self.on_cpu {
            Some(then) => on_cpu().saturating_sub(then).min(by_clock),
            None if by_clock >= LONG => {
                debt.suspect();
                Duration::ZERO
            }
            None => by_clock,
        };
        debt.note(took);
        took
    }
}

/// How long this thread has been on a processor.
fn on_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn compute(time: Duration) {
        let then = on_cpu();
        while on_cpu().saturating_sub(then) < time {}
    }

    #[test]
    fn a_wait_for_the_processor_is_no_debt() {
        let debt = Debt::default();
        for _ in 0..8 {
            let stretch = Stretch::of(&debt);
            thread::park_timeout(LONG * 2);
            assert!(stretch.end(&debt) < LONG);
        }
        assert!(debt.suspects() && debt.none());
    }

    #[test]
    fn who_computes_for_long_owes_it_from_the_second_time_on() {
        let debt = Debt::default();
        for stretches in 0..3 {
            assert_eq!(debt.none(), stretches < 2);
            let stretch = Stretch::of(&debt);
            compute(LONG * 2);
            assert_eq!(stretch.end(&debt) >= LONG, stretches > 0);
        }
    }

    #[test]
    fn suspicion_passes() {
        let debt = Debt::default();
        debt.suspect();
        let measured = (0..10_000).take_while(|_| Stretch::of(&debt).on_cpu.is_some()).count();
        assert!((1..1_000).contains(&measured));
    }
}
