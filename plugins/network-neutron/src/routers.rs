//! Routers, their subnets and their routes.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Route, Router, RouterSpec, Routers};
use patchbay_sdk::{Begun, Context, Error, Page, Progress};
use serde::{Deserialize, Serialize};

use crate::operation::finished;

/// A change of a router that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// Its subnets are being attached.
    Create { router: String, subnets: Vec<String> },
}

fn unserved<T>() -> Result<T, Error> {
    Err(Error::public(kind::UNSUPPORTED, "This is not served yet."))
}

impl Routers for crate::Neutron {
    async fn create(_ctx: Context, _spec: RouterSpec) -> Result<Begun, Error> {
        unserved()
    }

    async fn get(_ctx: Context, _id: String) -> Result<Router, Error> {
        unserved()
    }

    async fn list(_ctx: Context, _page: Page) -> Result<Vec<Router>, Error> {
        unserved()
    }

    async fn delete(_ctx: Context, _id: String) -> Result<Begun, Error> {
        unserved()
    }

    async fn attach_subnet(
        _ctx: Context,
        _id: String,
        _vpc_id: String,
        _subnet: String,
    ) -> Result<Begun, Error> {
        unserved()
    }

    async fn detach_subnet(
        _ctx: Context,
        _id: String,
        _vpc_id: String,
        _subnet: String,
    ) -> Result<Begun, Error> {
        unserved()
    }

    async fn set_routes(_ctx: Context, _id: String, _routes: Vec<Route>) -> Result<Begun, Error> {
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
