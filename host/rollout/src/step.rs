//! One step of an admission, as operators are told of it.

use std::time::Duration;

use patchbay_core::text;

use super::refusal::Refusal;

/// One step of an admission.
#[derive(Debug, Clone)]
pub struct Step {
    /// As "compile".
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
    /// Why the file was refused here.
    pub refused: Option<String>,
}

impl Step {
    /// One that was done, or failed with the refusal.
    pub(super) fn new(name: &'static str, took: Duration, refusal: Option<&Refusal>) -> Self {
        // It may repeat what the component says.
        let refused = refusal.map(|refusal| text::sanitized(&refusal.to_string(), text::MESSAGE_BYTES_MAX));
        Self { name, took, refused }
    }

    /// One that failed at once.
    pub(super) fn refused(name: &'static str, refusal: &Refusal) -> Self {
        Self::new(name, Duration::ZERO, Some(refusal))
    }
}
