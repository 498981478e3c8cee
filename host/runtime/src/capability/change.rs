//! What is lent to a call that only looks lets it only look: whatever changes something, in a backend or through another
//! plugin, is asked here first. What a call is for is `Purpose`.

use http::Method;
use patchbay_core::error::{Error, Kind};

use crate::state::CallState;

/// What the log is told of it.
const REFUSED: &str = "a call that only reads was about to change something; it was refused";

impl CallState {
    /// Refuses what `import` would change, unless the call is there to change something. Told in the log, within the
    /// bounds of the call's own lines, and counted: it is a plugin that does not keep the contract.
    pub(super) fn may_change(&mut self, import: &'static str) -> Result<(), Error> {
        if self.context.may_change() {
            return Ok(());
        }
        self.resources.metrics.change_refused(&self.grant.plugin, import);
        if self.logged.admit(REFUSED.len() + import.len(), &self.grant) {
            tracing::warn!(plugin = &*self.grant.label, import, "{REFUSED}");
        }
        Err(Error::new(Kind::Unsupported, format!("`{import}` changes something, and this call only reads")))
    }
}

/// Whether a request of this method only reads.
pub(super) fn reads(method: &str) -> bool {
    method.parse::<Method>().is_ok_and(|method| method.is_safe())
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn only_what_is_known_to_read_reads() {
        for method in ["GET", "HEAD"] {
            assert!(reads(method), "{method}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "delete", "get", "PURGE", "", "GET POST"] {
            assert!(!reads(method), "{method}");
        }
    }
}
