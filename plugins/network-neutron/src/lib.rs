//! VPCs, security groups and routers on Neutron, one file each. How Neutron is reached and what marks an operation's
//! work is in `neutron`, what goes on after a call in `operation`, what the host keeps of it in `ticket`.

mod error;
mod neutron;
mod operation;
mod routers;
mod security_groups;
mod ticket;
mod vpcs;

use patchbay_sdk::{About, Context, Description, Error};

struct Neutron;

impl About for Neutron {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![neutron::UPSTREAM.into()],
            upstreams_optional: Vec::new(),
            settings: Vec::new(),
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        neutron::NEUTRON.get(&["networks"]).query("limit", 1).ok().await.map(|_| ())
    }
}

patchbay_sdk::network_plugin!(Neutron);
