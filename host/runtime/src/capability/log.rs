//! `log`: a plugin's lines in the host's log, bounded in number, length and altogether. They say whose they
//! are, and the span that they stand in for which call.

use patchbay_core::text::{cut, sanitized};

use crate::contract::common::patchbay::host::log::Host;
use crate::state::CallState;

impl Host for CallState {
    fn emit(&mut self, level: String, message: String, fields: Vec<(String, String)>) {
        if self.logged.is_full() {
            return;
        }
        // Cut before it is copied: a guest may hand over megabytes.
        let line = line(&message, &fields, self.grant.limits.log_bytes_max);
        if self.logged.admit(line.len(), &self.grant) {
            write(&level, &self.grant.label, &line);
        }
    }
}

fn write(level: &str, plugin: &str, line: &str) {
    match level {
        "error" => tracing::error!(target: "plugin", plugin, "{line}"),
        "warn" => tracing::warn!(target: "plugin", plugin, "{line}"),
        "debug" => tracing::debug!(target: "plugin", plugin, "{line}"),
        "trace" => tracing::trace!(target: "plugin", plugin, "{line}"),
        _ => tracing::info!(target: "plugin", plugin, "{line}"),
    }
}

/// One line without line breaks, cut at the limit.
fn line(message: &str, fields: &[(String, String)], bytes_max: usize) -> String {
    let mut line = sanitized(head(message, bytes_max), bytes_max);
    for (name, value) in fields {
        if line.len() >= bytes_max {
            break;
        }
        for part in [
            " ",
            &sanitized(head(name, bytes_max), bytes_max),
            "=",
            &sanitized(head(value, bytes_max), bytes_max),
        ] {
            line.push_str(part);
        }
        cut(&mut line, bytes_max);
    }
    line
}

/// As much of it as can be told, and a little, by which it shows that there is more: the rest is not even looked at.
fn head(text: &str, bytes_max: usize) -> &str {
    text.get(..text.ceil_char_boundary(bytes_max.saturating_add(1))).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_stays_one_line_and_short() {
        let fields = [("a".to_owned(), "1\n2".to_owned())];
        assert_eq!(line("x\ny", &fields, 100), "x y a=1 2");
        assert_eq!(line("x\u{202e}y", &fields, 8), "x y a…");
        assert_eq!(line("x\ny", &fields, 6), "x y…");
        assert_eq!(line("ééé", &fields, 5), "é…");
        assert_eq!(line("ééé", &[], 3), "…");
    }
}
