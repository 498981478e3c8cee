//! A caller's VPCs: every answer must show the VPC as it was asked for.

use patchbay_proto::vpc::vpc_res::Vpc;
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_proto::vpc::{CreateVpcReq, GetVpcInfoReq, SetVpcInfoReq};
use tonic::transport::Channel;

use crate::caller::{Caller, Kept, Kind};
use crate::rpc::Rpc;

const SUBNET: &str = "10.20.0.0/24";

impl Caller {
    fn vpcs(&self) -> VpcServiceClient<Channel> {
        VpcServiceClient::new(self.client.channel.clone())
    }

    /// A new VPC.
    pub(crate) async fn create_vpc(&self, name: &str) -> Option<Kept> {
        let request = CreateVpcReq {
            vpc_name: name.to_owned(),
            subnet: SUBNET.to_owned(),
            ..self.scene.tenant.request()
        };
        let expected = words(name);
        let mut client = self.vpcs();
        let made = self.client.ask(Rpc::CreateVpc, client.create_vpc(request), |answer| {
            answer.vpc.filter(|vpc| shown(vpc) == expected)
        });
        let id = made.await?.vpc_id;
        Some(Kept { caller: self.clone(), kind: Kind::Vpc, id, expected })
    }

    /// Another name.
    pub(crate) async fn rename_vpc(&self, vpc: &mut Kept, name: &str) -> Option<()> {
        let request = SetVpcInfoReq {
            vpc_id: vpc.id.clone(),
            vpc_name: name.to_owned(),
            ..self.scene.tenant.request()
        };
        vpc.expected = words(name);
        let mut client = self.vpcs();
        let call = client.set_vpc_info(request);
        let same = |shown_vpc: &Vpc| shown(shown_vpc) == vpc.expected;
        self.client.ask(Rpc::SetVpcInfo, call, |answer| answer.vpc.filter(same)).await?;
        Some(())
    }

    /// How a VPC is.
    pub(crate) async fn vpc(&self, id: &str) -> Option<String> {
        let request = GetVpcInfoReq { vpc_id: id.to_owned(), ..self.scene.tenant.request() };
        let mut client = self.vpcs();
        let call = client.get_vpc_info(request);
        self.client.ask(Rpc::GetVpcInfo, call, |answer| answer.vpc.as_ref().map(shown)).await
    }
}

fn words(name: &str) -> String {
    format!("{name}, [\"{SUBNET}\"]")
}

fn shown(vpc: &Vpc) -> String {
    format!("{}, {:?}", vpc.vpc_name, vpc.subnet)
}
