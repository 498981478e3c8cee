//! Security groups and their rules.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Group, GroupSpec, SecurityGroups};
use patchbay_sdk::{Begun, Context, Error};

fn unserved<T>() -> Result<T, Error> {
    Err(Error::public(kind::UNSUPPORTED, "This is not served yet."))
}

impl SecurityGroups for crate::Neutron {
    async fn create(_ctx: Context, _spec: GroupSpec) -> Result<Begun, Error> {
        unserved()
    }

    async fn get(_ctx: Context, _id: String) -> Result<Group, Error> {
        unserved()
    }

    async fn update(_ctx: Context, _id: String, _spec: GroupSpec) -> Result<Begun, Error> {
        unserved()
    }

    async fn delete(_ctx: Context, _id: String) -> Result<Begun, Error> {
        unserved()
    }

    async fn operate(
        _ctx: Context,
        _id: String,
        _instance_ids: Vec<String>,
        _action: String,
    ) -> Result<Begun, Error> {
        unserved()
    }
}
