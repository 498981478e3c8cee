//! The values that the plugin's route gives it.

use crate::bindings::common::patchbay::host::settings;

/// The setting, or `default` where the route gives none.
#[must_use]
pub fn get_or(key: &str, default: &str) -> String {
    settings::get(key).unwrap_or_else(|| default.into())
}
