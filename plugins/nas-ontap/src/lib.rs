//! Shares on NetApp ONTAP: each is a volume of one SVM, exported over NFS to the subnets of its network alone.
//!
//! An array knows no tenants: it has one credential, and what is whose is written on the volumes (`note`). The volume,
//! its junction path and its export policy bear a name made of the operation's id, by which an operation finds
//! what it made; a share's id is the volume's UUID. The array has neither share servers nor share networks: the
//! server is the SVM, its host the address that NFS is served from.
//!
//! The route's settings: `svm`, and `aggregate`, where volumes are made. ONTAP keeps a deleted volume for some hours
//! in its recovery queue, where an operator may fetch it back.

mod client;
mod create;
mod filter;
mod interface;
mod job;
mod note;
mod ontap;
mod operation;
mod policy;
mod refusal;
mod removal;
mod ticket;
mod volume;

use patchbay_sdk::nas::{Clients, Share, Shares, Spec, network};
use patchbay_sdk::{About, Begun, Context, Description, Error};

struct Ontap;

impl About for Ontap {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![ontap::UPSTREAM.into(), network::UPSTREAM.into()],
            upstreams_optional: Vec::new(),
            settings: vec![ontap::SVM.into(), ontap::AGGREGATE.into()],
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        interface::address().await.map(drop)
    }
}

impl Shares for Ontap {
    async fn create(ctx: Context, spec: Spec) -> Result<Begun, Error> {
        create::create(&ctx, spec).await
    }

    async fn get(ctx: Context, id: String) -> Result<Share, Error> {
        let (volume, note) = volume::show(&ctx, &id).await?;
        volume.into_share(note, ctx.region).await
    }

    async fn delete(ctx: Context, id: String) -> Result<Begun, Error> {
        removal::delete(&ctx, &id).await
    }

    async fn mount_clients(ctx: Context, id: String) -> Result<Clients, Error> {
        let (volume, note) = volume::show(&ctx, &id).await?;
        client::of(&volume, &note).await
    }
}

patchbay_sdk::nas_plugin!(Ontap);
