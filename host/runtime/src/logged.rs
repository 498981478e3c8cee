//! What a call has logged, and whether it may log more. What a line looks like is not known here.

use super::grant::Grant;

/// Of one call.
#[derive(Default)]
pub(crate) struct Logged {
    lines: u32,
    bytes: usize,
    /// The bound at which it stopped.
    full: bool,
}

impl Logged {
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether there is room for one more line of so many bytes; then it counts. Where there is none the log says so, once.
    pub(crate) fn admit(&mut self, bytes: usize, grant: &Grant) -> bool {
        if self.full {
            return false;
        }
        let limits = &grant.limits;
        let reached = if self.bytes + bytes > limits.log_call_bytes_max {
            Some("plugin.log_call_bytes_max")
        } else if self.lines == limits.log_lines_max {
            Some("plugin.log_lines_max")
        } else {
            None
        };
        if let Some(bound) = reached {
            self.full = true;
            tracing::warn!(target: "plugin", plugin = &*grant.label, "further lines of this call are left out ({bound})");
            return false;
        }
        self.lines += 1;
        self.bytes += bytes;
        true
    }
}
