//! The contract's instance functions, each answered by the file of its verb.

use patchbay_sdk::compute::{Instance, Instances, Spec};
use patchbay_sdk::{Begun, Context, Error};

use crate::{action, create, delete, resize, server};

impl Instances for crate::Nova {
    async fn create(ctx: Context, spec: Spec) -> Result<Begun, Error> {
        create::begin(ctx, spec).await
    }

    async fn get(ctx: Context, id: String) -> Result<Instance, Error> {
        server::show(ctx, &id).await
    }

    async fn resize(_ctx: Context, id: String, flavor_id: String) -> Result<Begun, Error> {
        resize::begin(id, flavor_id).await
    }

    async fn delete(_ctx: Context, id: String) -> Result<Begun, Error> {
        delete::begin(id).await
    }

    async fn operate(_ctx: Context, id: String, action: String) -> Result<Begun, Error> {
        action::begin(id, &action).await
    }
}
