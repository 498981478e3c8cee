//! Who a request says it comes from and which resources it names: one line for each request of the contract that
//! carries an api key. Whether the claim holds is `auth`'s affair.

use patchbay_proto::{
    clouddisk, flavor, image, instance, journal, nasdisk, operation, oss, plugin, route, securitygroup,
    tenant, tenant_admin, vpc,
};
use patchbay_tenants::auth::Claim;
use prost::Message as _;
use tonic::Streaming;

/// A request that carries an api key.
pub(super) trait Claims: Asks {
    /// The contract's three fields.
    fn claim(&self) -> Claim<'_>;
    /// Every resource id that it names; empty ones are left out.
    fn resources(&self) -> Vec<&str>;
    /// What it asks for, in bytes: its api key may be another the next time it is sent.
    fn without_apikey(&self) -> Vec<u8>;
}

/// Any request, as the log sees it.
pub(super) trait Asks {
    /// The tenant that it says it comes from; unchecked, and empty where the request has no such field.
    fn tenant_id(&self) -> &str {
        ""
    }
}

impl Asks for tenant::CreateTenantReq {}
impl Asks for plugin::ListPluginsRequest {}
impl Asks for Streaming<plugin::LoadPluginRequest> {}
impl Asks for plugin::ActivateRequest {}
impl Asks for plugin::RollbackRequest {}
impl Asks for plugin::SetRouteRequest {}
impl Asks for plugin::WatchEventsRequest {}
impl Asks for journal::ListCallsRequest {}
impl Asks for tenant_admin::ListForeignRequest {}
impl Asks for tenant_admin::AdoptRequest {
    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

macro_rules! claims {
    ($($package:ident::$request:ident [$($field:ident),*] $($many:ident)?;)*) => {$(
        impl Asks for $package::$request {
            fn tenant_id(&self) -> &str {
                &self.tenant_id
            }
        }

        impl Claims for $package::$request {
            fn claim(&self) -> Claim<'_> {
                Claim {
                    apikey: &self.apikey,
                    tenant_id: &self.tenant_id,
                    platform_userid: &self.platform_userid,
                }
            }

            fn resources(&self) -> Vec<&str> {
                #[allow(unused_mut)]
                let mut named: Vec<&str> = vec![$(self.$field.as_str()),*];
                $(named.extend(self.$many.iter().map(String::as_str));)?
                named.retain(|id| !id.is_empty());
                named
            }

            fn without_apikey(&self) -> Vec<u8> {
                Self { apikey: String::new(), ..self.clone() }.encode_to_vec()
            }
        }
    )*};
}

claims! {
    flavor::ListFlavorsReq [];
    flavor::GetFlavorReq [flavor_id];
    image::ListImagesReq [];
    image::GetImageReq [image_id];
    instance::CreateInstanceReq [flavor_ref, image_ref, network_uuid];
    instance::GetInstanceReq [instance_id];
    instance::UpdateInstanceFlavorReq [instance_id, flavor_ref];
    instance::DeleteInstanceReq [instance_id];
    instance::OperateInstanceReq [instance_id];
    securitygroup::CreateSecurityGroupReq [];
    securitygroup::GetSecurityGroupReq [security_group_id];
    securitygroup::UpdateSecurityGroupReq [security_group_id];
    securitygroup::DeleteSecurityGroupReq [security_group_id];
    securitygroup::OperateSecurityGroupReq [security_group_id] instance_ids;
    clouddisk::CreateCloudDiskReq [];
    clouddisk::GetCloudDiskReq [volume_id];
    clouddisk::ReqizeCloudDiskReq [volume_id];
    clouddisk::ModifyCloudDiskInfoReq [volume_id];
    clouddisk::OperateCloudDiskReq [volume_id, instance_id];
    clouddisk::DeleteCloudDiskReq [volume_id];
    nasdisk::CreateNasDiskReq [network_id];
    nasdisk::DeleteNasDiskReq [share_id];
    nasdisk::GetMountClientsReq [share_id];
    operation::GetOperationReq [operation_id];
    operation::ListOperationsReq [resource_id];
    operation::WatchOperationReq [operation_id];
    operation::CancelOperationReq [operation_id];
    oss::CreateUserAndBucketReq [];
    oss::GetBucketInfoReq [oss_uid, bucket_name];
    oss::ListBucketsInfoReq [oss_uid];
    oss::SetOssUserQuotaReq [oss_uid];
    oss::RecoverKeyReq [oss_uid];
    vpc::CreateVpcReq [];
    vpc::GetVpcInfoReq [vpc_id];
    vpc::SetVpcInfoReq [vpc_id];
    route::CreateRouterReq [external_network_id] vpc_ids;
    route::GetRouterReq [router_id];
    route::ListRoutersReq [];
    route::DeleteRouterReq [router_id];
    route::AttachSubnetReq [router_id, vpc_id];
    route::DetachSubnetReq [router_id, vpc_id];
    route::SetRoutesReq [router_id];
}
