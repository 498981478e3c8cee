//! Lines in the host's log. The host adds plugin, tenant and request id to each.

use std::fmt::Display;

use crate::bindings::common::patchbay::host::log as host;

/// Something is wrong that an operator should look at.
pub fn warn(message: &str) {
    emit("warn", message);
}

/// For whoever follows one call.
pub fn debug(message: &str) {
    emit("debug", message);
}

/// What of a backend's answer cannot be read, and why, in serde's words but for what they quote of the answer.
pub fn unread(what: &str, reason: impl Display) {
    warn(&format!("{what}: {}", unquoted(&reason.to_string())));
}

/// The name of a missing field is the plugin's own word.
fn unquoted(reason: &str) -> String {
    if reason.starts_with("missing field") {
        return reason.to_owned();
    }
    ['"', '`'].into_iter().fold(reason.to_owned(), |reason, mark| {
        match (reason.find(mark), reason.rfind(mark)) {
            (Some(from), Some(to)) if from < to => format!("{}…{}", &reason[..from], &reason[to + 1..]),
            _ => reason,
        }
    })
}

/// Natively there is no host to write to.
fn emit(level: &str, message: &str) {
    if cfg!(target_arch = "wasm32") {
        host::emit(level, message, &[]);
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    fn reason<T: DeserializeOwned>(json: &str) -> String {
        unquoted(&serde_json::from_str::<T>(json).err().map(|e| e.to_string()).unwrap_or_default())
    }

    #[test]
    fn why_something_is_not_read_quotes_nothing_of_it() {
        assert!(reason::<u32>(r#""hush \"hush\"""#).starts_with("invalid type: string …, expected u32"));
        assert!(reason::<u8>("4711").starts_with("invalid value: integer …, expected u8"));
        assert_eq!(unquoted("unknown variant `hush`, expected `a`"), "unknown variant …");
        assert_eq!(unquoted("missing field `id` at line 1"), "missing field `id` at line 1");
    }
}
