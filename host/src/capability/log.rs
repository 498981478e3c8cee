//! `log`: a plugin's lines in the host's log, bounded in number and length, under the call's span.

use crate::plugin::CallState;
use crate::plugin::contract::common::patchbay::host::log::Host;
use crate::text::{cut, told};

impl Host for CallState {
    fn emit(&mut self, level: String, message: String, fields: Vec<(String, String)>) {
        let limits = self.generation.limits;
        if self.log_lines >= limits.log_lines_max {
            return;
        }
        self.log_lines += 1;
        let line = line(&message, &fields, limits.log_bytes_max);
        match level.as_str() {
            "error" => tracing::error!(target: "plugin", "{line}"),
            "warn" => tracing::warn!(target: "plugin", "{line}"),
            "debug" => tracing::debug!(target: "plugin", "{line}"),
            "trace" => tracing::trace!(target: "plugin", "{line}"),
            _ => tracing::info!(target: "plugin", "{line}"),
        }
        if self.log_lines == limits.log_lines_max {
            tracing::warn!(target: "plugin", "further lines of this call are left out (plugin.log_lines_max)");
        }
    }
}

/// One line without line breaks, cut at the limit.
fn line(message: &str, fields: &[(String, String)], bytes_max: usize) -> String {
    let mut line = told(message, bytes_max);
    for (name, value) in fields {
        if line.len() >= bytes_max {
            break;
        }
        for part in [" ", &told(name, bytes_max), "=", &told(value, bytes_max)] {
            line.push_str(part);
        }
        cut(&mut line, bytes_max);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_stays_one_line_and_short() {
        let fields = [("a".to_owned(), "1\n2".to_owned())];
        assert_eq!(line("x\ny", &fields, 100), "x y a=1 2");
        assert_eq!(line("x\u{202e}y", &fields, 8), "x y a…");
        assert_eq!(line("ééé", &fields, 5), "é…");
    }
}
