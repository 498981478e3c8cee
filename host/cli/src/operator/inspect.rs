//! `patchbay plugin inspect`: one generation of a host, or a component's file.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::output::Output;
use super::selector::GenerationSelector;
use super::{Client, show};

/// What a component's bytes hold, as JSON; the host's runtime knows.
pub type Inspect = fn(&[u8]) -> Result<Value>;

/// Asks the host.
pub(super) async fn generation(
    client: &mut Client,
    wanted: &GenerationSelector,
    out: &mut Output<impl Write>,
) -> Result<()> {
    let found = wanted.find(client).await?;
    out.print(&found, |out| show::generation(&found, out))
}

/// Looks into the file itself.
pub(super) async fn file(path: &Path, inspect: Inspect, out: &mut Output<impl Write>) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let inspected = tokio::task::spawn_blocking(move || inspect(&bytes)).await?;
    let inspected = inspected.with_context(|| path.display().to_string())?;
    out.print(&inspected, |out| people(&inspected, out))
}

fn people(inspected: &Value, out: &mut impl Write) -> std::io::Result<()> {
    let texts = |key: &str| -> Vec<&str> {
        inspected[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let size = format!("{} bytes", inspected["size_bytes"]);
    let fits = texts("fits");
    let fits = if fits.is_empty() { "no domain".to_owned() } else { fits.join(", ") };
    let digest = inspected["digest"].as_str().unwrap_or_default();
    let mut fields = vec![("size", size.as_str()), ("sha256", digest), ("fits", &fits)];
    for (name, key) in [("not", "misfits"), ("imports", "imports"), ("exports", "exports")] {
        fields.extend(texts(key).into_iter().map(|entry| (name, entry)));
    }
    show::fields(&fields, out)
}
