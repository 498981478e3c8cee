//! `vpc.VpcService` (requirements, "专有网络相关服务"). What changes a VPC is an operation.

use ipnet::Ipv4Net;
use patchbay_core::error::Error;
use patchbay_proto::vpc::vpc_service_server::VpcService;
use patchbay_proto::vpc::{CreateVpcReq, GetVpcInfoReq, SetVpcInfoReq, VpcRes, vpc_res};
use patchbay_runtime::contract::network::exports::patchbay::network::vpcs as wit;
use patchbay_runtime::{Call, Vpcs};
use tonic::{Request, Response, Status};

use super::{Api, check, cidr};
use crate::grpc::convert::Convert;

/// The longest prefix: below it the cloud's own addresses leave too few for instances.
const PREFIX_MAX: u8 = 29;
/// The shortest: no private network is larger.
const PREFIX_MIN: u8 = 8;

/// Networks whose addresses mean something else everywhere: this host, loopback, link-local, multicast and reserved.
const RESERVED: [Ipv4Net; 4] = [
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(0, 0, 0, 0), 8),
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(224, 0, 0, 0), 3),
];

#[tonic::async_trait]
impl VpcService for Api {
    async fn create_vpc(&self, request: Request<CreateVpcReq>) -> Result<Response<VpcRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let spec = wit::Spec {
                name: check::name("vpc_name", &request.vpc_name)?,
                description: check::text("vpc_desc", &request.vpc_desc)?,
                subnet: subnet(&request.subnet)?,
            };
            let changed = self.change::<Vpcs>(call, &request.region, |at, vpcs, context| {
                Box::pin(vpcs.call_create(at, context, spec))
            });
            changed.await?.shown(async |call, id| self.vpc(call, id).await).await
        })
        .await
    }

    async fn get_vpc_info(&self, request: Request<GetVpcInfoReq>) -> Result<Response<VpcRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("vpc_id", &request.vpc_id)?;
            Ok(self.vpc(call.read(""), id).await?)
        })
        .await
    }

    async fn set_vpc_info(&self, request: Request<SetVpcInfoReq>) -> Result<Response<VpcRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("vpc_id", &request.vpc_id)?;
            let name = check::text("vpc_name", &request.vpc_name)?;
            let description = check::text("vpc_desc", &request.vpc_desc)?;
            let changed = self.change::<Vpcs>(call, "", |at, vpcs, context| {
                Box::pin(vpcs.call_update(at, context, id, name, description))
            });
            changed.await?.shown(async |call, id| self.vpc(call, id).await).await
        })
        .await
    }
}

impl Api {
    /// The VPC as the backend shows it now.
    async fn vpc(&self, call: Call, id: String) -> Result<VpcRes, Error> {
        let found = self
            .plugins
            .call::<Vpcs, _>(call, move |at, vpcs, context| Box::pin(vpcs.call_get(at, context, id)));
        Ok(VpcRes { vpc: Some(Convert::convert(found.await?)), ..Default::default() })
    }
}

/// A VPC's addresses.
fn subnet(value: &str) -> Result<String, Error> {
    if value.is_empty() {
        return Err(Error::invalid("subnet is missing."));
    }
    let network = cidr::ipv4_network("subnet", value)?;
    let refuse = |why: &str| Err(Error::invalid(format!("subnet: {value} {why}")));
    if network.prefix_len() > PREFIX_MAX {
        return refuse("is too small: the longest prefix is 29.");
    }
    if network.prefix_len() < PREFIX_MIN {
        return refuse("is too large: the shortest prefix is 8.");
    }
    if RESERVED.iter().any(|reserved| reserved.contains(&network)) {
        return refuse("is reserved; take a private network such as 10.0.0.0/24.");
    }
    Ok(network.to_string())
}

impl Convert<wit::Vpc> for vpc_res::Vpc {
    fn convert(vpc: wit::Vpc) -> Self {
        Self {
            vpc_id: vpc.id,
            vpc_name: vpc.name,
            vpc_desc: vpc.description,
            region: vpc.region,
            subnet: vpc.subnets,
            vpc_status: vpc.status,
            created_time: vpc.created_at,
        }
    }
}
