//! Generations, steps and events as people read them.

use std::io::{Result, Write};

use patchbay_core::text::escaped;
use patchbay_proto::plugin::{Event, Generation, Host, Step};

use super::table::Column::{Left, Right};
use super::table::table;

/// As much of a digest as tells components apart.
const DIGEST_CHARS: usize = 12;
/// As much of an error as a table has room for; `inspect` shows all of it.
const ERROR_CHARS: usize = 60;

/// A table of them.
pub(super) fn generations(generations: &[Generation], out: &mut impl Write) -> Result<()> {
    let columns = [
        Right("NUMBER"),
        Left("LINE"),
        Left("PLUGIN"),
        Left("VERSION"),
        Left("STATE"),
        Right("WEIGHT"),
        Right("PINS"),
        Right("CALLS"),
        Right("OPERATIONS"),
        Right("MEMORY"),
        Left("SINCE"),
        Left("LAST ERROR"),
    ];
    let rows = generations.iter().map(|generation| {
        [
            generation.number.to_string(),
            line(generation),
            label(&generation.plugin, &generation.digest),
            generation.version.clone(),
            generation.state.clone(),
            generation.weight.to_string(),
            generation.pins.len().to_string(),
            generation.calls.to_string(),
            generation.operations.to_string(),
            bytes(generation.memory_bytes),
            generation.since.clone(),
            cut(&generation.last_error),
        ]
    });
    write!(out, "{}", table(columns, rows))
}

/// A table of what the other hosts serve, where there are any.
pub(super) fn hosts(hosts: &[Host], out: &mut impl Write) -> Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    let columns = [Left("HOST"), Left("LINE"), Left("PLUGIN"), Left("VERSION")];
    let rows = hosts.iter().flat_map(|host| {
        host.served.iter().map(|served| {
            let line = format!("{}/{}", served.domain, served.region);
            [host.name.clone(), line, label(&served.plugin, &served.digest), served.version.clone()]
        })
    });
    write!(out, "\n{}", table(columns, rows))
}

/// One generation, a line a field, and its steps.
pub(super) fn generation(generation: &Generation, out: &mut impl Write) -> Result<()> {
    let weight = generation.weight.to_string();
    let load = format!("{} calls, {} operations", generation.calls, generation.operations);
    fields(
        &[
            ("number", &generation.number.to_string()),
            ("line", &line(generation)),
            ("plugin", &generation.plugin),
            ("version", &generation.version),
            ("digest", &generation.digest),
            ("state", &format!("{} since {}", generation.state, generation.since)),
            ("weight", &weight),
            ("pins", &generation.pins.join(", ")),
            ("in flight", &load),
            ("memory", &bytes(generation.memory_bytes)),
            ("last error", &generation.last_error),
        ],
        out,
    )?;
    writeln!(out)?;
    steps(&generation.steps, out)
}

/// Each field on a line; those without a value are left out.
pub(super) fn fields(fields: &[(&str, &str)], out: &mut impl Write) -> Result<()> {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut told = fields.iter().filter(|(_, value)| !value.is_empty());
    told.try_for_each(|(name, value)| writeln!(out, "{name:<width$}  {}", escaped(value)))
}

/// What an admission came to, step by step.
pub(super) fn steps(steps: &[Step], out: &mut impl Write) -> Result<()> {
    let rows = steps.iter().map(|step| {
        let verdict = if step.refusal.is_empty() { "ok" } else { &step.refusal };
        [step.name.clone(), milliseconds(step.took_us), verdict.to_owned()]
    });
    write!(out, "{}", table([Left("STEP"), Right("TOOK"), Left("VERDICT")], rows))
}

/// An event in one line; its sentence names the component.
pub(super) fn event(event: &Event, out: &mut impl Write) -> Result<()> {
    let Event { number, time, kind, message, operator, .. } = event;
    let line = match event.domain.as_str() {
        "" => String::new(),
        domain => format!("  {domain}/{}", event.region),
    };
    let generation = if event.generation == 0 { String::new() } else { format!("  {}", event.generation) };
    let by = if operator.is_empty() { String::new() } else { format!(" (by {operator})") };
    let told = format!("{number}  {time}  {kind}{line}{generation}  {message}{by}");
    writeln!(out, "{}", escaped(&told))
}

fn line(generation: &Generation) -> String {
    format!("{}/{}", generation.domain, generation.region)
}

/// "nas-manila@531e90b73e36"
pub(super) fn label(plugin: &str, digest: &str) -> String {
    let short: String = digest.chars().take(DIGEST_CHARS).collect();
    if short.is_empty() { plugin.to_owned() } else { format!("{plugin}@{short}") }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= ERROR_CHARS {
        return text.to_owned();
    }
    text.chars().take(ERROR_CHARS - 1).chain(['…']).collect()
}

/// "1.3 ms"
pub(super) fn milliseconds(us: u64) -> String {
    format!("{}.{} ms", us / 1_000, us % 1_000 / 100)
}

/// "1.3 MiB"; empty where there are none.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        1..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
