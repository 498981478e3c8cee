//! Short texts that outlive a call and a swap, apart for each plugin, region and tenant. The host may forget any of
//! them at any time, so only what can be asked for again belongs here.

use crate::Error;
use crate::bindings::common::patchbay::host::cache;

/// What was kept under `key`, if the host still has it.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    cache::get(key).and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Keeps `value` under `key` for at most `ttl_ms` milliseconds.
pub fn set(key: &str, value: &str, ttl_ms: u32) {
    cache::set(key, value.as_bytes(), ttl_ms);
}

/// What is kept under `key`, or else what `read` answers, which is then kept. `None` says that there is
/// nothing to know yet: it is not kept and read as empty. Nor is an error kept.
///
/// # Errors
/// Those of `read`.
pub async fn get_or_read(
    key: &str,
    ttl_ms: u32,
    read: impl AsyncFnOnce() -> Result<Option<String>, Error>,
) -> Result<String, Error> {
    if let Some(kept) = get(key) {
        return Ok(kept);
    }
    let Some(value) = read().await? else { return Ok(String::new()) };
    set(key, &value, ttl_ms);
    Ok(value)
}
