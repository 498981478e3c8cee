//! The OpenStack and the object gateways that `cargo xtask up` gives to the host. How it is started is in `rig` and `up`.

use anyhow::{Context, Result};

use crate::ports::{GATEWAYS, SIMULATOR};

/// Simulated, or the rig's.
pub(crate) enum Kind {
    /// `cloudsim`; forgets everything when it ends.
    Simulated,
    /// The real ones of the rigs.
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
    pub(crate) gateways: [Gateway; 2],
    /// There is no real one to be had.
    pub(crate) array: Option<Array>,
}

/// A storage array, its administrator, and where on it shares go.
pub(crate) struct Array {
    pub(crate) url: String,
    pub(crate) username: &'static str,
    pub(crate) password: &'static str,
    pub(crate) svm: &'static str,
    pub(crate) aggregate: &'static str,
}

/// An object gateway and its administrator's key.
pub(crate) struct Gateway {
    pub(crate) endpoint: String,
    pub(crate) zonegroup: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
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
            array: Some(Array {
                url: format!("http://{SIMULATOR}/ontap"),
                username: "array-admin",
                password: "array-secret",
                svm: "svm1",
                aggregate: "aggr1",
            }),
            gateways: [0, 1].map(|number| {
                let zonegroup = format!("region-{}", number + 1);
                Gateway {
                    endpoint: format!("http://{}", GATEWAYS[number]),
                    access_key: format!("admin-{zonegroup}"),
                    secret_key: format!("admin-secret-{zonegroup}"),
                    zonegroup,
                }
            }),
        }
    }

    /// From `OS_*` and `RGW*_*` variables. Fails where one is missing.
    pub(crate) fn real(variables: &[(String, String)]) -> Result<Self> {
        let get = |name: &str| {
            let found = variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
            found.with_context(|| format!("the rig does not set {name}"))
        };
        let gateway = |prefix: &str| {
            anyhow::Ok(Gateway {
                endpoint: get(&format!("{prefix}_ENDPOINT"))?,
                zonegroup: get(&format!("{prefix}_REGION"))?,
                access_key: get(&format!("{prefix}_ACCESS_KEY"))?,
                secret_key: get(&format!("{prefix}_SECRET_KEY"))?,
            })
        };
        Ok(Self {
            kind: Kind::Real,
            auth_url: get("OS_AUTH_URL")?,
            region: get("OS_REGION_NAME")?,
            username: get("OS_USERNAME")?,
            password: get("OS_PASSWORD")?,
            project: get("OS_PROJECT_NAME")?,
            array: None,
            gateways: [gateway("RGW1")?, gateway("RGW2")?],
        })
    }
}
