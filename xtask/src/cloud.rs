//! The OpenStack that `cargo xtask up` gives to the host. How it is started is in `rig` and `up`.

use anyhow::{Context, Result};

use crate::dev::SIMULATOR;

/// Simulated, or the rig's.
pub(crate) enum Kind {
    /// `cloudsim`; forgets everything when it ends.
    Simulated,
    /// The real OpenStack of the rig.
    Real,
}

impl Kind {
    /// As a file name has it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Real => "real",
        }
    }
}

/// The OpenStack that the host is given, and its administrator.
pub(crate) struct Cloud {
    pub(crate) kind: Kind,
    pub(crate) auth_url: String,
    pub(crate) region: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) project: String,
}

impl Cloud {
    /// The simulator, with the administrator that it is born with.
    pub(crate) fn simulated() -> Self {
        Self {
            kind: Kind::Simulated,
            auth_url: format!("http://{SIMULATOR}/identity/v3"),
            region: "RegionOne".into(),
            username: "admin".into(),
            password: "admin-secret".into(),
            project: "admin".into(),
        }
    }

    /// From `OS_*` variables. Fails where one is missing.
    pub(crate) fn real(variables: &[(String, String)]) -> Result<Self> {
        let get = |name: &str| {
            let found = variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
            found.with_context(|| format!("openrc does not set {name}"))
        };
        Ok(Self {
            kind: Kind::Real,
            auth_url: get("OS_AUTH_URL")?,
            region: get("OS_REGION_NAME")?,
            username: get("OS_USERNAME")?,
            password: get("OS_PASSWORD")?,
            project: get("OS_PROJECT_NAME")?,
        })
    }
}
