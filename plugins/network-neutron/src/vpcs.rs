//! VPCs: a network with one subnet.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Vpc, VpcSpec, Vpcs};
use patchbay_sdk::{Begun, Context, Error};

fn unserved<T>() -> Result<T, Error> {
    Err(Error::public(kind::UNSUPPORTED, "This is not served yet."))
}

impl Vpcs for crate::Neutron {
    async fn create(_ctx: Context, _spec: VpcSpec) -> Result<Begun, Error> {
        unserved()
    }

    async fn get(_ctx: Context, _id: String) -> Result<Vpc, Error> {
        unserved()
    }

    async fn update(_ctx: Context, _id: String, _name: String, _description: String) -> Result<Begun, Error> {
        unserved()
    }
}
