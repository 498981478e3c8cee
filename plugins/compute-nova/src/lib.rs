//! Flavors, images and instances on Nova and Glance. One file a noun or verb; what the host keeps of a call that
//! goes on is in `ticket`, which file carries it on in `operation`. Data disks are the storage plugin's.

mod action;
mod create;
mod delete;
mod flavors;
mod images;
mod instances;
mod lookup;
mod nova;
mod operation;
mod resize;
mod server;
mod ticket;

use patchbay_sdk::{About, Context, Description, Error};

struct Nova;

impl About for Nova {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![nova::UPSTREAM.into()],
            upstreams_optional: vec![nova::ADMIN_UPSTREAM.into()],
            settings: Vec::new(),
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        nova::FLAVORS.get(&["flavors"]).query("limit", 1).ok().await.map(|_| ())
    }
}

patchbay_sdk::compute_plugin!(Nova);
