//! `patchbay plugin load`: sends a component and shows what its admission came to.

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use futures::stream::{self, Stream};
use patchbay_core::Digest;
use patchbay_core::text::escaped;
use patchbay_proto::plugin::load_plugin_request::{Header, Part};
use patchbay_proto::plugin::{Generation, LoadPluginRequest};

use super::output::Output;
use super::{Client, show};
use crate::client::refused;

/// What is sent in one message; far below what a host takes.
const CHUNK_BYTES: usize = 64 << 10;
/// The state of a component that does not serve and will not.
const REFUSED: &str = "refused";

/// Fails where the component is refused, after showing where and why.
pub(super) async fn run(
    client: &mut Client,
    file: &Path,
    plugin: Option<String>,
    out: &mut Output<impl Write>,
) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let plugin = plugin.map_or_else(|| named(file), Ok)?;
    let progress = Progress { size: bytes.len(), live: std::io::stderr().is_terminal() };
    let loaded = client.load_plugin(messages(plugin, bytes, progress)).await;
    let loaded = loaded.map_err(|status| refused(&status))?.into_inner();
    out.print(&loaded, |out| loaded.generations.iter().try_for_each(|generation| verdict(generation, out)))?;
    let count = loaded.generations.iter().filter(|generation| generation.state == REFUSED).count();
    if count > 0 {
        bail!("refused in {count} of {}; what served goes on serving", loaded.generations.len());
    }
    Ok(())
}

/// The plugin that a file is, by its name.
fn named(file: &Path) -> Result<String> {
    let name = file.file_stem().and_then(|name| name.to_str());
    name.map(str::to_owned).context("the file's name is not UTF-8; say --plugin NAME")
}

fn messages(plugin: String, bytes: Vec<u8>, progress: Progress) -> impl Stream<Item = LoadPluginRequest> {
    let sha256 = Digest::of(&bytes).as_str().to_owned();
    let header = Part::Header(Header { plugin, size_bytes: bytes.len() as u64, sha256 });
    let offsets = (0..bytes.len()).step_by(CHUNK_BYTES);
    let chunks = offsets.map(move |begin| {
        let end = bytes.len().min(begin + CHUNK_BYTES);
        progress.sent(end);
        Part::Chunk(bytes[begin..end].to_vec())
    });
    stream::iter([header].into_iter().chain(chunks).map(|part| LoadPluginRequest { part: Some(part) }))
}

/// How much of the file is on its way, on standard error: a line that counts up on a terminal, elsewhere one at the end.
struct Progress {
    size: usize,
    live: bool,
}

impl Progress {
    fn sent(&self, bytes: usize) {
        let done = bytes == self.size;
        if self.live || done {
            let (begin, end) = (if self.live { "\r" } else { "" }, if done { "\n" } else { "" });
            // Nobody is left to be told that standard error is closed.
            drop(write!(std::io::stderr(), "{begin}sent {bytes} of {} bytes{end}", self.size));
        }
    }
}

fn verdict(generation: &Generation, out: &mut impl Write) -> std::io::Result<()> {
    let Generation { number, domain, region, plugin, state, .. } = generation;
    writeln!(out, "{}", escaped(&format!("generation {number}: {plugin} for {domain}/{region}")))?;
    show::steps(&generation.steps, out)?;
    writeln!(out, "{}", escaped(state))
}
