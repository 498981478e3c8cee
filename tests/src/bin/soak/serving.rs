//! When the host says that a plugin serves, or why it does not: heard from its log, with the host's own time, so that
//! a busy reader adds nothing to it.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};
use tokio::sync::mpsc;

/// Verdicts that may wait to be read; a few come with each swap.
const VERDICTS_MAX: usize = 1_000;

/// What became of a file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Verdict {
    #[serde(rename = "timestamp", deserialize_with = "timestamp")]
    pub(crate) at: Timestamp,
    /// `compute-nova@3f…` where it serves, `compute-nova` where it was refused.
    pub(crate) plugin: String,
    /// Why it was refused.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    message: String,
}

/// The verdicts as they come.
pub(crate) struct Verdicts(mpsc::Receiver<Verdict>);

/// What the host's log is to be told to, and what of it comes out here.
pub(crate) fn listen() -> (impl FnMut(&str) + Send + 'static, Verdicts) {
    let (sender, receiver) = mpsc::channel(VERDICTS_MAX);
    let heard = move |line: &str| {
        if let Some(verdict) = verdict(line) {
            // Nobody listens any more when the proof has ended. A full queue is seen as a verdict that does not come.
            let _ = sender.try_send(verdict);
        }
    };
    (heard, Verdicts(receiver))
}

/// Most lines tell of an operation's end: they are not even parsed.
fn verdict(line: &str) -> Option<Verdict> {
    let plausible = line.contains("\"serves\"") || line.contains("\"reason\"");
    let verdict: Verdict = plausible.then(|| serde_json::from_str(line).ok())??;
    (verdict.message == "serves" || verdict.reason.is_some()).then_some(verdict)
}

fn timestamp<'de, D: Deserializer<'de>>(source: D) -> Result<Timestamp, D::Error> {
    String::deserialize(source)?.parse().map_err(de::Error::custom)
}

impl Verdicts {
    /// The next one that fits.
    ///
    /// # Errors
    /// If the host has ended.
    pub(crate) async fn next(&mut self, fits: impl Fn(&Verdict) -> bool) -> Result<Verdict> {
        loop {
            let verdict = self.0.recv().await.context("the host's log has ended")?;
            if fits(&verdict) {
                return Ok(verdict);
            }
        }
    }
}
