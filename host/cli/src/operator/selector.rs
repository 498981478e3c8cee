//! How a generation is named on the command line: by its number, or by its plugin and digest.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use patchbay_proto::plugin::Generation;

use super::{Client, list};

/// The states of what can never answer a call again.
const OVER: [&str; 2] = ["refused", "gone"];

/// A generation as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GenerationSelector {
    Number(u64),
    /// The plugin, and the beginning of a digest.
    Label(String, String),
}

impl FromStr for GenerationSelector {
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

impl GenerationSelector {
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

    /// The same component may have been admitted more than once in a line; what is over gives way to what is kept, and
    /// the older to the newer.
    fn among(&self, generations: Vec<Generation>) -> Result<Generation> {
        let mut lines = BTreeMap::new();
        for generation in generations.into_iter().filter(|generation| self.fits(generation)) {
            let rank =
                |generation: &Generation| (!OVER.contains(&generation.state.as_str()), generation.number);
            let line = lines.entry((generation.domain.clone(), generation.region.clone()));
            let best: &mut Generation = line.or_insert_with(|| generation.clone());
            if rank(&generation) > rank(best) {
                *best = generation;
            }
        }
        if lines.len() > 1 {
            let numbers: Vec<_> = lines.values().map(|generation| generation.number.to_string()).collect();
            bail!("more than one generation is called so; say which: {}", numbers.join(", "));
        }
        let found = lines.into_values().next();
        found.context("the host has no such generation; `patchbay plugin list` shows those it has")
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

    fn generation(number: u64, line: &str, plugin: &str, digest: &str, state: &str) -> Generation {
        let text = str::to_owned;
        let (region, plugin, digest, state) = (text(line), text(plugin), text(digest), text(state));
        Generation { number, region, plugin, digest, state, ..Generation::default() }
    }

    #[test]
    fn a_generation_is_named_by_number_or_by_plugin_and_digest() {
        let kept = [
            generation(1, "one", "nas-a", "aa11", "gone"),
            generation(2, "one", "nas-a", "aa22", "retained"),
            generation(3, "one", "nas-b", "bb33", "retained"),
            generation(4, "one", "nas-b", "bb33", "active"),
            generation(5, "one", "nas-a", "aa22", "refused"),
            generation(6, "two", "nas-a", "aa22", "active"),
            generation(7, "two", "nas-a", "aa77", "active"),
        ];
        let number = |text: &str| {
            let found = text.parse::<GenerationSelector>().unwrap().among(kept.to_vec());
            found.map(|found| found.number).map_err(|error| error.to_string())
        };
        assert_eq!(number("2"), Ok(2));
        assert_eq!(number("nas-a@aa1"), Ok(1), "there is no other");
        assert_eq!(number("nas-b@bb33"), Ok(4), "the newer");
        assert_eq!(number("nas-a@aa7"), Ok(7));
        let ambiguous = number("nas-a@aa22").unwrap_err();
        assert!(ambiguous.ends_with("say which: 2, 6"), "{ambiguous}");
        assert!(number("nas-c@aa").is_err() && number("8").is_err());
    }

    #[test]
    fn a_file_is_no_generation() {
        for file in ["nas-a.wasm", "./3", "a@b.wasm", "dir@v1/ab", "@aa", "nas-a@", "nas-a@XY", "-1"] {
            assert!(file.parse::<GenerationSelector>().is_err(), "{file}");
        }
    }
}
