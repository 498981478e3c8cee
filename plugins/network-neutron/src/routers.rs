//! Routers, their subnets and their routes.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Route, Router, RouterSpec, Routers};
use patchbay_sdk::{Begun, Context, Error, Page};

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
