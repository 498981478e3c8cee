//! VPCs: a network with one subnet.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Vpc, VpcSpec, Vpcs};
use patchbay_sdk::{Begun, Context, Error, Progress};
use serde::{Deserialize, Serialize};

use crate::operation::finished;

/// A change of a VPC that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// Its name and description are being set.
    Update { vpc: String, name: String, description: String },
}

fn unserved<T>() -> Result<T, Error> {
    Err(Error::public(kind::UNSUPPORTED, "This is not served yet."))
}

impl Vpcs for crate::Neutron {
    async fn create(_ctx: Context, _spec: VpcSpec) -> Result<Begun, Error> {
        unserved()
    }

    async fn get(_ctx: Context, _id: String) -> Result<Vpc, Error> {
        unserved()
    }

    async fn update(_ctx: Context, _id: String, _name: String, _description: String) -> Result<Begun, Error> {
        unserved()
    }
}

/// One step on.
pub(crate) async fn poll(_ctx: &Context, _ticket: Ticket) -> Result<Progress, Error> {
    unserved()
}

/// Undoes what the ticket's operation did.
pub(crate) async fn abandon(_ctx: &Context, _ticket: Ticket) -> Result<Progress, Error> {
    Ok(finished(None))
}

/// Removes what bears the operation's mark; whether nothing is left.
pub(crate) async fn undo(_operation: &str) -> Result<bool, Error> {
    Ok(true)
}
