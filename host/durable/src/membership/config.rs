//! How the hosts of one database know of each other: the table `membership` of the configuration.

use anyhow::ensure;
use schemars::JsonSchema;
use serde::Deserialize;

/// The longest name, as wide as its column.
const NAME_CHARS_MAX: usize = 255;
/// A lease outlasts so many beats: one that comes late is no death.
const BEATS_MIN: u64 = 3;

/// How the hosts of one database know of each other. A SQLite file has one host, which owes nobody a sign of life.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the others call this host; absent: the address of its API.
    pub name: Option<String>,
    /// How often a host gives a sign of life and looks for the others'.
    pub beat_ms: u64,
    /// After how long without one a host is dead and others go on with its operations; at least three beats.
    pub lease_ms: u64,
    /// Other hosts that are looked at with each beat; those that started first come first.
    pub hosts_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { name: None, beat_ms: 1_000, lease_ms: 4_000, hosts_max: 64 }
    }
}

impl Config {
    /// Whether it holds together.
    ///
    /// # Errors
    /// It does not; the error names the key.
    pub fn check(&self) -> anyhow::Result<()> {
        let fits = |name: &String| (1..=NAME_CHARS_MAX).contains(&name.chars().count());
        ensure!(
            self.name.as_ref().is_none_or(fits),
            "membership.name must have 1 to {NAME_CHARS_MAX} characters"
        );
        ensure!(self.beat_ms > 0, "membership.beat_ms must be at least 1");
        ensure!(
            self.lease_ms / BEATS_MIN >= self.beat_ms,
            "membership.lease_ms must be at least {BEATS_MIN} times membership.beat_ms"
        );
        ensure!(self.hosts_max > 0, "membership.hosts_max must be at least 1");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> Option<String> {
        let config: Config = toml::from_str(toml).unwrap();
        config.check().err().map(|error| error.to_string())
    }

    #[test]
    fn a_lease_outlasts_beats() {
        assert_eq!(refused(""), None);
        assert_eq!(refused("beat_ms = 100\nlease_ms = 300"), None);
        for (toml, key) in [
            ("beat_ms = 0", "beat_ms"),
            ("beat_ms = 100\nlease_ms = 299", "lease_ms"),
            ("hosts_max = 0", "hosts_max"),
            ("name = \"\"", "name"),
        ] {
            let refused = refused(toml).unwrap();
            assert!(refused.starts_with(&format!("membership.{key} ")), "{refused}");
        }
    }
}
