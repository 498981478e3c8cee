//! Shares on Manila. Manila's words are read in `share`, what joins a share to the tenant's network is made in
//! `share_network`. What goes on after a call is in `operation`, what the host keeps of it in `ticket`.

mod client;
mod create;
mod delete;
mod export;
mod manila;
mod operation;
mod share;
mod share_network;
mod share_type;
mod ticket;

use patchbay_sdk::nas::{Clients, Share, Shares, Spec, network};
use patchbay_sdk::{About, Begun, Context, Description, Error};

struct Manila;

impl About for Manila {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![network::UPSTREAM.into()],
            upstreams_optional: vec![manila::ADMIN_UPSTREAM.into()],
            settings: Vec::new(),
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        manila::get(&["shares"]).query("limit", 1).ok().await.map(|_| ())
    }
}

impl Shares for Manila {
    async fn create(ctx: Context, spec: Spec) -> Result<Begun, Error> {
        create::create(&ctx, spec).await
    }

    async fn get(ctx: Context, id: String) -> Result<Share, Error> {
        share::show(&id).await?.into_share(ctx.region).await
    }

    async fn delete(_ctx: Context, id: String) -> Result<Begun, Error> {
        delete::delete(id).await
    }

    async fn mount_clients(_ctx: Context, id: String) -> Result<Clients, Error> {
        client::of(&share::show(&id).await?).await
    }
}

patchbay_sdk::nas_plugin!(Manila);
