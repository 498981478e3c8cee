//! The RPCs that are compared: their requests, and what a good answer is.

use anyhow::{Result, ensure};
use patchbay_proto::flavor::{GetFlavorReq, GetFlavorRes, ListFlavorsReq, ListFlavorsRes};
use patchbay_proto::instance::{GetInstanceReq, InstanceRes};
use patchbay_tests::measured::scene::Scene;
use prost::Message as _;
use prost::bytes::Bytes;
use tonic::codegen::http::uri::PathAndQuery;

/// An RPC that is measured on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rpc {
    /// One call to Nova.
    GetFlavor,
    /// One call to Nova.
    ListFlavors,
    /// One call to Nova, then one to Cinder for each of three volumes.
    GetInstance,
}

impl Rpc {
    /// In the order in which they are measured and told.
    pub(crate) const ALL: [Self; 3] = [Self::GetFlavor, Self::ListFlavors, Self::GetInstance];

    /// As the report calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetFlavor => "get-flavor",
            Self::ListFlavors => "list-flavors",
            Self::GetInstance => "get-instance",
        }
    }

    /// As gRPC calls it.
    pub(crate) fn path(self) -> PathAndQuery {
        PathAndQuery::from_static(match self {
            Self::GetFlavor => "/flavor.FlavorService/GetFlavor",
            Self::ListFlavors => "/flavor.FlavorService/ListFlavors",
            Self::GetInstance => "/instance.InstanceService/GetInstance",
        })
    }

    /// The request as it is sent, each time.
    pub(crate) fn request(self, scene: &Scene) -> Bytes {
        let bytes = match self {
            Self::GetFlavor => {
                let flavor_id = scene.flavor_id.clone();
                GetFlavorReq { flavor_id, ..scene.tenant.request() }.encode_to_vec()
            }
            Self::ListFlavors => {
                ListFlavorsReq { page_number: 1, page_size: 20, ..scene.tenant.request() }.encode_to_vec()
            }
            Self::GetInstance => {
                let instance_id = scene.instance_id.clone();
                GetInstanceReq { instance_id, ..scene.tenant.request() }.encode_to_vec()
            }
        };
        bytes.into()
    }

    /// The answer for people. An error unless it is one to the whole question, after all backend calls.
    pub(crate) fn read(self, answer: Bytes) -> Result<String> {
        Ok(match self {
            Self::GetFlavor => {
                let answer = GetFlavorRes::decode(answer)?;
                ensure!(answer.flavor.is_some(), "no flavor: {answer:?}");
                format!("{answer:#?}")
            }
            Self::ListFlavors => {
                let answer = ListFlavorsRes::decode(answer)?;
                ensure!(!answer.flavors.is_empty(), "no flavors: {answer:?}");
                format!("{answer:#?}")
            }
            Self::GetInstance => {
                let answer = InstanceRes::decode(answer)?;
                let disks = answer.instance.as_ref().filter(|instance| instance.system_disk.is_some());
                let disks = disks.map(|instance| instance.data_disks.len());
                ensure!(disks == Some(2), "not an instance with three disks: {answer:?}");
                format!("{answer:#?}")
            }
        })
    }
}
