//! How a generation is named on the command line: by its number, or by its plugin and digest.

use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

use super::{Client, list};
use crate::proto::plugin::Generation;

/// A generation as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Number(u64),
    /// The plugin, and the beginning of a digest.
    Label(String, String),
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let label = text.split_once('@').filter(|(plugin, digest)| {
            let hex = digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            !plugin.is_empty() && !digest.is_empty() && hex
        });
        let (plugin, digest) = label.ok_or("a generation is a number, or PLUGIN@DIGEST")?;
        Ok(Self::Label(plugin.to_owned(), digest.to_owned()))
    }
}

impl Wanted {
    /// Its number. Fails where a label fits none, or more than one.
    pub(super) async fn number(&self, client: &mut Client) -> Result<u64> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Label(..) => Ok(self.find(client).await?.number),
        }
    }

    /// The generation itself. Fails where there is none, or more than one.
    pub(super) async fn find(&self, client: &mut Client) -> Result<Generation> {
        self.among(list(client).await?.generations)
    }

    fn among(&self, generations: Vec<Generation>) -> Result<Generation> {
        let mut found: Vec<_> = generations.into_iter().filter(|generation| self.fits(generation)).collect();
        if found.len() > 1 {
            let numbers: Vec<_> = found.iter().map(|generation| generation.number.to_string()).collect();
            bail!("more than one generation is called so; say which: {}", numbers.join(", "));
        }
        found.pop().context("the host has no such generation; `patchbay plugin list` shows those it has")
    }

    fn fits(&self, generation: &Generation) -> bool {
        match self {
            Self::Number(number) => generation.number == *number,
            Self::Label(plugin, digest) => {
                generation.plugin == *plugin && generation.digest.starts_with(digest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation(number: u64, plugin: &str, digest: &str) -> Generation {
        Generation { number, plugin: plugin.to_owned(), digest: digest.to_owned(), ..Generation::default() }
    }

    #[test]
    fn a_generation_is_named_by_number_or_by_plugin_and_digest() {
        let kept =
            [generation(1, "nas-a", "aa11"), generation(2, "nas-a", "aa22"), generation(3, "nas-b", "aa11")];
        let number =
            |text: &str| text.parse::<Wanted>().unwrap().among(kept.to_vec()).map(|found| found.number);
        assert_eq!(number("2").unwrap(), 2);
        assert_eq!(number("nas-a@aa2").unwrap(), 2);
        assert_eq!(number("nas-b@aa11").unwrap(), 3);
        assert!(number("nas-a@aa").unwrap_err().to_string().ends_with("say which: 1, 2"));
        assert!(number("nas-c@aa").is_err() && number("7").is_err());
    }

    #[test]
    fn a_file_is_no_generation() {
        for file in ["nas-a.wasm", "./3", "a@b.wasm", "dir@v1/ab", "@aa", "nas-a@", "nas-a@XY", "-1"] {
            assert!(file.parse::<Wanted>().is_err(), "{file}");
        }
    }
}
