//! What goes on after a call, and the removal of what an abandoned operation made. The steps of each resource are in
//! its own file.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Context, Error, Operation, Progress};

impl Operation for crate::Neutron {
    async fn poll(_ctx: Context, _ticket: String) -> Result<Progress, Error> {
        Err(Error::hidden(kind::INTERNAL, "no ticket was given out"))
    }

    async fn abandon(_ctx: Context, _ticket: Option<String>) -> Result<Progress, Error> {
        Err(Error::hidden(kind::INTERNAL, "nothing was begun"))
    }
}
