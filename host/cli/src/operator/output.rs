//! What the operator's commands have in common: which host, and results as JSON or for people.

use std::io::Write;

use anyhow::{Context as _, Result};
use patchbay_core::text::escaped_json;
use serde::Serialize;

use crate::client::Target;

/// With which host, and how results look.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    #[command(flatten)]
    pub(super) target: Target,
    /// Print JSON, as the service's messages in proto/.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// Where results go, and in which form.
pub(super) struct Output<W> {
    pub(super) json: bool,
    pub(super) out: W,
}

impl<W: Write> Output<W> {
    /// A message as JSON, or what `people` writes of it.
    pub(super) fn print<M: Serialize>(
        &mut self,
        message: &M,
        people: impl FnOnce(&mut W) -> std::io::Result<()>,
    ) -> Result<()> {
        self.write(message, serde_json::to_string_pretty, people)
    }

    /// The same, where JSON is one line of many.
    pub(super) fn line<M: Serialize>(
        &mut self,
        message: &M,
        people: impl FnOnce(&mut W) -> std::io::Result<()>,
    ) -> Result<()> {
        self.write(message, serde_json::to_string, people)
    }

    fn write<M: Serialize>(
        &mut self,
        message: &M,
        json: fn(&M) -> serde_json::Result<String>,
        people: impl FnOnce(&mut W) -> std::io::Result<()>,
    ) -> Result<()> {
        let written = match self.json {
            true => writeln!(self.out, "{}", escaped_json(&json(message)?)),
            false => people(&mut self.out),
        };
        written.and_then(|()| self.out.flush()).context("standard output")
    }
}
