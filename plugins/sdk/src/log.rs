//! Lines in the host's log. The host adds plugin, tenant and request id to each.

use crate::bindings::common::patchbay::host::log as host;

/// Something is wrong that an operator should look at.
pub fn warn(message: &str) {
    emit("warn", message);
}

/// For whoever follows one call.
pub fn debug(message: &str) {
    emit("debug", message);
}

/// Natively there is no host to write to.
fn emit(level: &str, message: &str) {
    if cfg!(target_arch = "wasm32") {
        host::emit(level, message, &[]);
    }
}
