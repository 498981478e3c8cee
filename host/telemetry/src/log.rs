//! The log: to standard error, as text for people or as one JSON object a line for machines.
//!
//! What a line is about comes from the spans it is in (request id, tenant, plugin); those are opened where
//! the call passes, not here.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, anyhow};
use patchbay_core::text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::field::Field;
use tracing::{Event, Subscriber};
use tracing_serde::fields::AsMap as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{JsonFields, Writer, debug_fn};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// `[log]`. What is shown is chosen with `RUST_LOG`, `info` when unset.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How a line looks.
    pub format: Format,
    /// Lines about refused calls of one kind in a second, for each tenant, and for all strangers together; one line says how
    /// many more there were.
    pub refusals_per_second: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { format: Format::Text, refusals_per_second: 10 }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One object a line, the fields of the spans beside those of the event.
    Json,
}

/// Starts the log of this process.
///
/// # Errors
/// `RUST_LOG` cannot be read, or there is a log already.
pub fn init(config: &Config) -> anyhow::Result<()> {
    let coloured = coloured(io::stderr().is_terminal(), std::env::var_os("NO_COLOR").as_deref());
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter()?).with_writer(io::stderr).with_ansi(coloured);
    let started = match config.format {
        Format::Text => builder.fmt_fields(text_fields()).try_init(),
        Format::Json => builder.fmt_fields(JsonFields::new()).event_format(Flat).try_init(),
    };
    started.map_err(|error| anyhow!(error))
}

fn filter() -> anyhow::Result<EnvFilter> {
    match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) => EnvFilter::try_new(text).context("RUST_LOG"),
        Err(_) => Ok(EnvFilter::new("info")),
    }
}

/// A file or a pipe keeps escape sequences as they are, and somebody would have to read them; a person may
/// not want them either (<https://no-color.org>: set, and not empty).
fn coloured(terminal: bool, no_color: Option<&OsStr>) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty)
}

fn text_fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(text_field).delimited(" ")
}

/// `name=value`, and the message alone. Values may be others' words, as a backend's in an error: one line each, and nothing
/// in it that steers a terminal.
fn text_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = text::sanitized(&format!("{value:?}"), text::LOG_BYTES_MAX);
    match field.name() {
        "message" => write!(writer, "{value}"),
        name if writer.has_ansi_escapes() => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{value}"),
        name => write!(writer, "{name}={value}"),
    }
}

/// One flat JSON object a line. Where names are the same, the event's field wins, then the inner span's. Not the library's own
/// `json()`: that puts the fields of spans below `spans`, and has no bound for a value.
struct Flat;

impl<S> FormatEvent<S, JsonFields> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                line.extend(serde_json::from_str::<Map<_, _>>(&fields.fields).unwrap_or_default());
            }
        }
        if let Ok(Value::Object(fields)) = serde_json::to_value(event.field_map()) {
            line.extend(fields);
        }
        for value in line.values_mut() {
            if let Value::String(text) = value {
                text::cut(text, text::LOG_BYTES_MAX);
            }
        }
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        line.insert("timestamp".to_owned(), time.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        writeln!(writer, "{}", text::escaped_json(&Value::Object(line).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{info, info_span};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_json_line_has_the_fields_of_its_spans() {
        let lines = Lines::default();
        let written = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(Flat)
            .with_writer(move || lines.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let call = info_span!("call", request_id = "req-1", tenant = "t-0000000001", plugin = "");
            let _call = call.enter();
            let _plugin = info_span!("plugin", plugin = "compute-nova").entered();
            info!(ms = 3, public = true, "a \"line\"\nof two");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line: Value = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        let rest = ["request_id", "tenant", "plugin", "level", "ms", "public", "message"]
            .map(|key| line[key].clone());
        let expected = serde_json::json!([
            "req-1",
            "t-0000000001",
            "compute-nova",
            "INFO",
            3,
            true,
            "a \"line\"\nof two"
        ]);
        assert_eq!(Value::from(rest.to_vec()), expected);
        assert!(!text.trim_end().contains('\n'));
    }

    #[test]
    fn what_others_said_stays_in_its_line_and_steers_nothing() {
        let lines = Lines::default();
        let said = "a\nb\u{1b}[31m\u{202e}\u{9b}c";
        let long = "x".repeat(3 << 20);
        let emit = || {
            let _call = info_span!("call", who = %said).entered();
            info!(error = %said, long, "{said}");
        };
        let written = lines.clone();
        let (one, two) = (lines.clone(), lines);
        let text = tracing_subscriber::fmt().with_ansi(false).fmt_fields(text_fields());
        tracing::subscriber::with_default(text.with_writer(move || one.clone()).finish(), emit);
        let json = tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(Flat);
        tracing::subscriber::with_default(json.with_writer(move || two.clone()).finish(), emit);

        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let [text, json] = &written.lines().collect::<Vec<_>>()[..] else {
            panic!("not two lines: {written}")
        };
        assert!(text.contains("who=a b [31m c") && text.contains("error=a b [31m c"), "{text}");
        assert!(text.contains(": a b [31m c "), "{text}");
        for line in [text, json] {
            assert!(line.len() < 2 * text::LOG_BYTES_MAX);
            assert_eq!(text::escaped(line), **line);
        }
        assert_eq!(serde_json::from_str::<Value>(json).unwrap()["error"], said);
    }

    #[test]
    fn only_a_terminal_gets_colours_and_only_where_they_are_wanted() {
        assert!(coloured(true, None));
        assert!(coloured(true, Some("".as_ref())));
        assert!(!coloured(true, Some("1".as_ref())));
        assert!(!coloured(false, None));
    }

    #[test]
    fn the_format_is_text_or_json() {
        assert_eq!(toml::from_str::<Config>("").unwrap().format, Format::Text);
        assert_eq!(toml::from_str::<Config>("format = \"json\"").unwrap().format, Format::Json);
        assert!(toml::from_str::<Config>("format = \"xml\"").is_err());
    }
}
