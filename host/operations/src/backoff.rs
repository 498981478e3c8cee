//! How long to wait between two polls of an operation, and how much it is forgiven.

use std::time::Duration;

use patchbay_core::error::{Error, Kind};

use super::ongoing::Entry;
use super::services::Services;

/// See the module.
pub(super) struct Backoff {
    wait: Duration,
    defects: u32,
}

impl Backoff {
    pub(super) fn new(services: &Services) -> Self {
        Self { wait: Duration::from_millis(services.config.poll_ms_min), defects: 0 }
    }

    /// An answer came: no defect is counted any more.
    pub(super) fn answered(&mut self) {
        self.defects = 0;
    }

    /// Something moved: poll again soon.
    pub(super) fn quick(&mut self, services: &Services) {
        self.wait = Duration::from_millis(services.config.poll_ms_min);
    }

    /// Waits, each time half as long again, or until it is woken; false when the host stops.
    pub(super) async fn wait(&mut self, services: &Services, entry: &Entry) -> bool {
        let now = self.wait;
        self.wait = now.mul_f64(1.5).min(Duration::from_millis(services.config.poll_ms_max));
        tokio::select! {
            () = services.stop.cancelled() => false,
            () = entry.woken() => true,
            () = tokio::time::sleep(now) => true,
        }
    }

    /// A backend that is away is waited for; a defect may repeat a few times only. What the plugin says in its
    /// own words is its last word.
    pub(super) fn forgives(&mut self, error: &Error, services: &Services, abandon: bool) -> bool {
        match error.kind() {
            Kind::Exhausted | Kind::Busy | Kind::Unavailable | Kind::Timeout => true,
            // A service that the catalogue does not name now, or a plugin that is not loaded now, may come
            // back, and until then nothing more can be undone.
            Kind::Unsupported => abandon,
            Kind::Internal if error.is_hidden() => {
                self.defects += 1;
                self.defects < services.config.defects_max
            }
            _ => false,
        }
    }
}
