//! `patchbay plugin inspect`: one generation of a host, or a component's file.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::wanted::Wanted;
use super::{Client, Output, show};
use crate::plugin::Inspection;

/// Asks the host.
pub(super) async fn generation(
    client: &mut Client,
    wanted: &Wanted,
    out: &mut Output<impl Write>,
) -> Result<()> {
    let found = wanted.find(client).await?;
    out.print(&found, |out| show::generation(&found, out))
}

/// Looks into the file itself.
pub(super) async fn file(path: &Path, out: &mut Output<impl Write>) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let inspected = tokio::task::spawn_blocking(move || Inspection::of(&bytes)).await?;
    let inspected = inspected.with_context(|| path.display().to_string())?;
    out.print(&inspected, |out| people(&inspected, out))
}

fn people(inspected: &Inspection, out: &mut impl Write) -> std::io::Result<()> {
    let size = format!("{} bytes", inspected.size_bytes);
    let fits = if inspected.fits.is_empty() { "no domain".to_owned() } else { inspected.fits.join(", ") };
    let mut fields = vec![("size", size.as_str()), ("sha256", &inspected.digest), ("fits", &fits)];
    for (name, entries) in
        [("not", &inspected.misfits), ("imports", &inspected.imports), ("exports", &inspected.exports)]
    {
        fields.extend(entries.iter().map(|entry| (name, entry.as_str())));
    }
    show::fields(&fields, out)
}
