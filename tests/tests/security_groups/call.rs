//! The calls of the security group service, and what their requests and answers hold.

use patchbay_proto::securitygroup::security_group_res::SecurityGroup;
use patchbay_proto::securitygroup::security_group_res::security_group::SecurityGroupRule;
use patchbay_proto::securitygroup::security_group_service_client::SecurityGroupServiceClient;
use patchbay_proto::securitygroup::{
    CreateSecurityGroupReq, DeleteSecurityGroupReq, DeleteSecurityGroupRes, GetSecurityGroupReq,
    OperateSecurityGroupReq, OperateSecurityGroupRes, SecurityGroupRes, SecurityGroupRuleSet,
    UpdateSecurityGroupReq,
};
use patchbay_tests::admin::text;
use patchbay_tests::{Deployment, Scene};
use serde_json::Value;
use tonic::transport::Channel;

/// What a scene's tenant does with security groups.
pub(crate) trait SecurityGroups {
    fn scene(&self) -> &Scene;

    fn client(&self) -> SecurityGroupServiceClient<Channel> {
        SecurityGroupServiceClient::new(self.scene().deployment.grpc())
    }

    async fn create(&self, name: &str, rules: &[SecurityGroupRuleSet]) -> SecurityGroupRes {
        let request = CreateSecurityGroupReq {
            security_group_name: name.to_owned(),
            security_group_desc: "the first".to_owned(),
            security_group_rule_sets: rules.to_vec(),
            ..self.scene().tenant.request()
        };
        self.client().create_security_group(request).await.unwrap().into_inner()
    }

    async fn get(&self, id: &str) -> SecurityGroupRes {
        let request =
            GetSecurityGroupReq { security_group_id: id.to_owned(), ..self.scene().tenant.request() };
        self.client().get_security_group(request).await.unwrap().into_inner()
    }

    /// With an empty name and description, which stay.
    async fn set_rules(&self, id: &str, rules: &[SecurityGroupRuleSet]) -> SecurityGroupRes {
        self.update(id, "", rules).await
    }

    async fn update(&self, id: &str, name: &str, rules: &[SecurityGroupRuleSet]) -> SecurityGroupRes {
        let request = UpdateSecurityGroupReq {
            security_group_id: id.to_owned(),
            security_group_name: name.to_owned(),
            security_group_rule_sets: rules.to_vec(),
            ..self.scene().tenant.request()
        };
        self.client().update_security_group(request).await.unwrap().into_inner()
    }

    async fn delete(&self, id: &str) -> DeleteSecurityGroupRes {
        let request =
            DeleteSecurityGroupReq { security_group_id: id.to_owned(), ..self.scene().tenant.request() };
        self.client().delete_security_group(request).await.unwrap().into_inner()
    }

    async fn operate(&self, id: &str, ops_type: &str, instances: &[&str]) -> OperateSecurityGroupRes {
        let request = OperateSecurityGroupReq {
            security_group_id: id.to_owned(),
            ops_type: ops_type.to_owned(),
            instance_ids: instances.iter().map(|id| (*id).to_owned()).collect(),
            ..self.scene().tenant.request()
        };
        self.client().operate_security_group(request).await.unwrap().into_inner()
    }

    /// The tenant's groups as the cloud has them, without the one that every tenant has.
    async fn groups(&self) -> Vec<Value> {
        let mut groups = self.scene().owned("security_groups").await;
        groups.retain(|group| group["name"] != "default");
        groups
    }

    /// The id of the group that every tenant has.
    async fn default_group(&self) -> String {
        let groups = self.scene().owned("security_groups").await;
        let default = groups.iter().find(|group| group["name"] == "default");
        text(&default.unwrap()["id"])
    }
}

impl SecurityGroups for Scene {
    fn scene(&self) -> &Scene {
        self
    }
}

/// With a host that waits for the end of what it begins, on a cloud that others use too.
pub(crate) async fn patient() -> Scene {
    Scene::of(Deployment::builder().toml("operation.inline_wait_ms = 50000").start().await).await
}

/// A rule for what comes in by TCP.
pub(crate) fn tcp(min: i32, max: i32, remote: &str) -> SecurityGroupRuleSet {
    SecurityGroupRuleSet {
        rule_desc: format!("tcp {min}"),
        direction: "ingress".to_owned(),
        protocol: "tcp".to_owned(),
        port_range_min: min,
        port_range_max: max,
        remote_ip_prefix: remote.to_owned(),
    }
}

/// A rule for all that a protocol has.
pub(crate) fn all(direction: &str, protocol: &str, remote: &str) -> SecurityGroupRuleSet {
    SecurityGroupRuleSet {
        direction: direction.to_owned(),
        protocol: protocol.to_owned(),
        remote_ip_prefix: remote.to_owned(),
        ..SecurityGroupRuleSet::default()
    }
}

pub(crate) fn shown(answer: SecurityGroupRes) -> SecurityGroup {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.security_group.unwrap()
}

/// What a rule says, as a line.
fn line(rule: &SecurityGroupRule) -> String {
    let SecurityGroupRule { direction, protocol, port_range_min, port_range_max, .. } = rule;
    let (remote, text) = (&rule.remote_ip_prefix, &rule.rule_desc);
    format!("{direction} {protocol} {port_range_min}-{port_range_max} {remote} {text:?}")
}

/// What a group's rules say, sorted.
pub(crate) fn lines(group: &SecurityGroup) -> Vec<String> {
    let mut lines: Vec<String> = group.security_group_rules.iter().map(line).collect();
    lines.sort();
    lines
}
