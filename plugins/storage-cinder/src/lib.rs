//! Disks on Cinder. Cinder's words are read in `volume`, what it has to say to its users in `message`, what goes on
//! after a call in `operation`, what a lost answer
//! came to in `settle`.

mod attachment;
mod disks;
mod message;
mod operation;
mod settle;
mod size;
mod volume;

use patchbay_sdk::{About, Context, Description, Error};

struct Cinder;

impl About for Cinder {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![volume::UPSTREAM.into()],
            upstreams_optional: Vec::new(),
            settings: Vec::new(),
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        volume::CINDER.get(&["volumes"]).query("limit", 1).ok().await.map(|_| ())
    }
}

patchbay_sdk::storage_plugin!(Cinder);
