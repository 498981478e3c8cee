//! Tenants on Keystone: a domain each, and in it a project and a user, all named by the tenant's id, and a
//! role of that name. Requests to Keystone are in `keystone`, what belongs to a tenant in `account`, whose something is in
//! `description`, and what was there before in `adoption`.

mod account;
mod adoption;
mod description;
mod keystone;

use patchbay_sdk::error::kind;
use patchbay_sdk::identity::{Account, Found, Spec, Tenants};
use patchbay_sdk::{About, Context, Description, Error, Finished, Operation, Progress};

struct Keystone;

impl About for Keystone {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![keystone::UPSTREAM.into()],
            upstreams_optional: Vec::new(),
            settings: Vec::new(),
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        keystone::find("roles", &account::member_role(), None).await.map(|_| ())
    }
}

impl Tenants for Keystone {
    async fn provision(ctx: Context, spec: Spec) -> Result<Account, Error> {
        account::provision(&ctx, &spec).await
    }

    async fn remove(ctx: Context) -> Result<(), Error> {
        account::remove(&ctx).await
    }

    async fn list(_ctx: Context) -> Result<Vec<Found>, Error> {
        adoption::list().await
    }

    async fn adopt(ctx: Context, spec: Spec) -> Result<Account, Error> {
        adoption::adopt(&ctx, &spec).await
    }
}

/// Keystone does everything at once, so there are no tickets.
impl Operation for Keystone {
    async fn poll(_ctx: Context, _ticket: String) -> Result<Progress, Error> {
        Err(Error::hidden(kind::INTERNAL, "tenants have no tickets"))
    }

    async fn abandon(_ctx: Context, _ticket: Option<String>) -> Result<Progress, Error> {
        Ok(Progress::Finished(Finished { at: None, message: None }))
    }
}

patchbay_sdk::identity_plugin!(Keystone);
