//! The log: to standard error, as text for people or as one JSON object a line for machines.
//!
//! What a line is about comes from the spans it is in (request id, tenant, plugin); those are opened where
//! the call passes, not here.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// `[log]`. What is shown is chosen with `RUST_LOG`, `info` when unset.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How a line looks.
    pub format: Format,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
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
        Format::Text => builder.try_init(),
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

/// One flat JSON object a line. Where names are the same, the event's field wins, then the inner span's.
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
                let fields: Map<_, _> = serde_json::from_str(&fields.fields).unwrap_or_default();
                line.extend(fields);
            }
        }
        event.record(&mut Fields(&mut line));
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        line.insert("timestamp".to_owned(), time.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        writeln!(writer, "{}", Value::Object(line))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
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
