//! The values that the plugin's route gives it.

use crate::Error;
use crate::bindings::common::patchbay::host::settings;
use crate::error::kind;

/// The setting, or `default` where the route gives none.
#[must_use]
pub fn get_or(key: &str, default: &str) -> String {
    settings::get(key).unwrap_or_else(|| default.into())
}

/// The setting, which the plugin's description names as one that it cannot work without.
///
/// # Errors
/// "internal" where the route gives none.
pub fn required(key: &str) -> Result<String, Error> {
    settings::get(key)
        .ok_or_else(|| Error::hidden(kind::INTERNAL, format_args!("the route gives no setting {key:?}")))
}
