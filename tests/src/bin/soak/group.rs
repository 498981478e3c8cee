//! A caller's security groups: every answer must show the group as it was asked for.

use patchbay_proto::securitygroup::security_group_res::SecurityGroup;
use patchbay_proto::securitygroup::security_group_service_client::SecurityGroupServiceClient;
use patchbay_proto::securitygroup::{
    CreateSecurityGroupReq, DeleteSecurityGroupReq, GetSecurityGroupReq, SecurityGroupRuleSet,
    UpdateSecurityGroupReq,
};
use tonic::transport::Channel;

use crate::caller::{Caller, Kept, Kind};
use crate::rpc::Rpc;

/// The ports that a group lets in when it is made, and after it was changed.
const PORTS: [&[i32]; 2] = [&[22], &[80, 443]];

impl Caller {
    fn groups(&self) -> SecurityGroupServiceClient<Channel> {
        SecurityGroupServiceClient::new(self.client.channel.clone())
    }

    /// A new group.
    pub(crate) async fn create_group(&self, name: &str) -> Option<Kept> {
        let request = CreateSecurityGroupReq {
            security_group_name: name.to_owned(),
            security_group_rule_sets: rules(PORTS[0]),
            ..self.scene.tenant.request()
        };
        let expected = words(name, PORTS[0]);
        let mut client = self.groups();
        let made =
            self.client.ask(Rpc::CreateSecurityGroup, client.create_security_group(request), |answer| {
                answer.security_group.filter(|group| shown(group) == expected)
            });
        let id = made.await?.security_group_id;
        Some(Kept { caller: self.clone(), kind: Kind::Group, id, expected })
    }

    /// Another name and other rules.
    pub(crate) async fn change_group(&self, group: &mut Kept, name: &str) -> Option<()> {
        let request = UpdateSecurityGroupReq {
            security_group_id: group.id.clone(),
            security_group_name: name.to_owned(),
            security_group_rule_sets: rules(PORTS[1]),
            ..self.scene.tenant.request()
        };
        group.expected = words(name, PORTS[1]);
        let mut client = self.groups();
        let call = client.update_security_group(request);
        let same = |shown_group: &SecurityGroup| shown(shown_group) == group.expected;
        self.client.ask(Rpc::UpdateSecurityGroup, call, |answer| answer.security_group.filter(same)).await?;
        Some(())
    }

    /// How a group is.
    pub(crate) async fn group(&self, id: &str) -> Option<String> {
        let request = GetSecurityGroupReq { security_group_id: id.to_owned(), ..self.scene.tenant.request() };
        let mut client = self.groups();
        let call = client.get_security_group(request);
        self.client.ask(Rpc::GetSecurityGroup, call, |answer| answer.security_group.as_ref().map(shown)).await
    }

    /// The end of a group.
    pub(crate) async fn delete_group(&self, id: &str) -> Option<()> {
        let request =
            DeleteSecurityGroupReq { security_group_id: id.to_owned(), ..self.scene.tenant.request() };
        let mut client = self.groups();
        let call = client.delete_security_group(request);
        let same = |deleted: String| (deleted == id).then_some(());
        self.client.ask(Rpc::DeleteSecurityGroup, call, |answer| same(answer.security_group_id)).await
    }
}

fn rules(ports: &[i32]) -> Vec<SecurityGroupRuleSet> {
    let rule = |port: &i32| SecurityGroupRuleSet {
        direction: "ingress".to_owned(),
        protocol: "tcp".to_owned(),
        port_range_min: *port,
        port_range_max: *port,
        ..SecurityGroupRuleSet::default()
    };
    ports.iter().map(rule).collect()
}

fn words(name: &str, ports: &[i32]) -> String {
    format!("{name}, lets in {ports:?}")
}

/// Neutron's own rules let out, and are not compared.
fn shown(group: &SecurityGroup) -> String {
    let ingress = group.security_group_rules.iter().filter(|rule| rule.direction == "ingress");
    let mut ports: Vec<_> = ingress.map(|rule| rule.port_range_min).collect();
    ports.sort_unstable();
    words(&group.security_group_name, &ports)
}
