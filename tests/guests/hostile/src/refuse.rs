//! What a compute plugin answers besides flavors. This one does nothing of it, but that it deletes a disk where it is told
//! to delete an instance.

use patchbay_sdk::compute::{Image, Images, Instance, Instances, Spec};
use patchbay_sdk::error::kind;
use patchbay_sdk::{Begun, Context, Error, Operation, Page, Progress};

use crate::{Hostile, change};

fn unsupported() -> Error {
    Error::public(kind::UNSUPPORTED, "Only flavors are served here.")
}

impl Images for Hostile {
    async fn list(_ctx: Context, _page: Page) -> Result<Vec<Image>, Error> {
        Err(unsupported())
    }

    async fn get(_ctx: Context, _id: String) -> Result<Image, Error> {
        Err(unsupported())
    }
}

impl Instances for Hostile {
    async fn create(_ctx: Context, _spec: Spec) -> Result<Begun, Error> {
        Err(unsupported())
    }

    async fn get(_ctx: Context, _id: String) -> Result<Instance, Error> {
        Err(unsupported())
    }

    async fn resize(_ctx: Context, _id: String, _flavor_id: String) -> Result<Begun, Error> {
        Err(unsupported())
    }

    async fn delete(ctx: Context, id: String) -> Result<Begun, Error> {
        let resource_id = change::disk(ctx, &["delete-", &id].concat()).await?;
        Ok(Begun { resource_id, ticket: None })
    }

    async fn operate(_ctx: Context, _id: String, _action: String) -> Result<Begun, Error> {
        Err(unsupported())
    }
}

impl Operation for Hostile {
    async fn poll(_ctx: Context, _ticket: String) -> Result<Progress, Error> {
        Err(unsupported())
    }

    async fn abandon(_ctx: Context, _ticket: Option<String>) -> Result<Progress, Error> {
        Err(unsupported())
    }
}
