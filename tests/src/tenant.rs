//! A tenant, and requests in its name.

use patchbay_proto::instance::{self, CloudDiskConf, CreateInstanceReq};
use patchbay_proto::{clouddisk, flavor, image, nasdisk, operation, oss, route, securitygroup, vpc};

use crate::admin::Offer;

/// What `CreateTenant` gave.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// As "t-0000000001".
    pub id: String,
    /// Its secret.
    pub apikey: String,
}

/// The platform's user in whose name tests call.
pub const USER: &str = "u-7";

/// A request that carries an api key.
pub trait Credentials: Default {
    /// The request with nothing but the contract's three fields.
    fn of(tenant: &Tenant) -> Self;
}

macro_rules! credentials {
    ($($package:ident::{$($request:ident),* $(,)?};)*) => {$($(
        impl Credentials for $package::$request {
            fn of(tenant: &Tenant) -> Self {
                Self {
                    apikey: tenant.apikey.clone(),
                    tenant_id: tenant.id.clone(),
                    platform_userid: USER.to_owned(),
                    ..Self::default()
                }
            }
        }
    )*)*};
}

credentials! {
    flavor::{ListFlavorsReq, GetFlavorReq};
    image::{ListImagesReq, GetImageReq};
    instance::{
        CreateInstanceReq, GetInstanceReq, UpdateInstanceFlavorReq, DeleteInstanceReq, OperateInstanceReq,
    };
    securitygroup::{
        CreateSecurityGroupReq, GetSecurityGroupReq, UpdateSecurityGroupReq, DeleteSecurityGroupReq,
        OperateSecurityGroupReq,
    };
    clouddisk::{
        CreateCloudDiskReq, GetCloudDiskReq, ReqizeCloudDiskReq, ModifyCloudDiskInfoReq, OperateCloudDiskReq,
        DeleteCloudDiskReq,
    };
    nasdisk::{CreateNasDiskReq, DeleteNasDiskReq, GetMountClientsReq};
    operation::{GetOperationReq, ListOperationsReq, WatchOperationReq, CancelOperationReq};
    oss::{CreateUserAndBucketReq, GetBucketInfoReq, ListBucketsInfoReq, SetOssUserQuotaReq, RecoverKeyReq};
    vpc::{CreateVpcReq, GetVpcInfoReq, SetVpcInfoReq};
    route::{
        CreateRouterReq, GetRouterReq, ListRoutersReq, DeleteRouterReq, AttachSubnetReq, DetachSubnetReq,
        SetRoutesReq,
    };
}

impl Tenant {
    /// A request in its name, to be filled: `GetInstanceReq { instance_id, ..tenant.request() }`.
    #[must_use]
    pub fn request<R: Credentials>(&self) -> R {
        R::of(self)
    }

    /// A request for an instance with a system disk of 1 GiB, and data disks of these sizes.
    #[must_use]
    pub fn instance(&self, offer: &Offer, name: &str, data_disks: &[i32]) -> CreateInstanceReq {
        let disk = |size_in_g| CloudDiskConf { size_in_g, ..CloudDiskConf::default() };
        CreateInstanceReq {
            instance_name: name.to_owned(),
            flavor_ref: offer.flavor.clone(),
            image_ref: offer.image.clone(),
            network_uuid: offer.network.clone(),
            system_disk: Some(disk(1)),
            data_disks: data_disks.iter().copied().map(disk).collect(),
            ..self.request()
        }
    }
}
