//! Security groups from their making to their end, through the host and its plugin. What is answered is compared with
//! what the cloud itself tells its administrator.
#![allow(clippy::unwrap_used, missing_docs)]

mod lifecycle;
mod member;
mod refusal;
mod step;

use patchbay::proto::securitygroup::security_group_res::SecurityGroup;
use patchbay::proto::securitygroup::security_group_res::security_group::SecurityGroupRule;
use patchbay::proto::securitygroup::security_group_service_client::SecurityGroupServiceClient;
use patchbay::proto::securitygroup::{
    CreateSecurityGroupReq, DeleteSecurityGroupReq, DeleteSecurityGroupRes, GetSecurityGroupReq,
    OperateSecurityGroupReq, OperateSecurityGroupRes, SecurityGroupRes, SecurityGroupRuleSet,
    UpdateSecurityGroupReq,
};
use patchbay_tests::admin::Admin;
use patchbay_tests::{Deployment, Tenant};
use serde_json::Value;

/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
const EXISTS: i32 = 6;
const QUOTA: i32 = 8;
const CONFLICT: i32 = 9;

/// A tenant of a deployment, and the cloud's own view of it.
struct Scene {
    deployment: Deployment,
    tenant: Tenant,
    admin: Admin,
    project: String,
}

impl Scene {
    /// With a host that waits for the end of what it begins, on a cloud that others use too.
    async fn start() -> Self {
        Self::of(Deployment::builder().toml("operation.inline_wait_ms = 50000").start().await).await
    }

    async fn of(deployment: Deployment) -> Self {
        let tenant = deployment.tenant("acme").await;
        let admin = deployment.admin().await;
        let project = admin.project(&tenant.id).await;
        Self { deployment, tenant, admin, project }
    }

    fn client(&self) -> SecurityGroupServiceClient<tonic::transport::Channel> {
        SecurityGroupServiceClient::new(self.deployment.grpc())
    }

    async fn create(&self, name: &str, rules: &[SecurityGroupRuleSet]) -> SecurityGroupRes {
        let request = CreateSecurityGroupReq {
            security_group_name: name.to_owned(),
            security_group_desc: "the first".to_owned(),
            security_group_rule_sets: rules.to_vec(),
            ..self.tenant.request()
        };
        self.client().create_security_group(request).await.unwrap().into_inner()
    }

    async fn get(&self, id: &str) -> SecurityGroupRes {
        let request = GetSecurityGroupReq { security_group_id: id.to_owned(), ..self.tenant.request() };
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
            ..self.tenant.request()
        };
        self.client().update_security_group(request).await.unwrap().into_inner()
    }

    async fn delete(&self, id: &str) -> DeleteSecurityGroupRes {
        let request = DeleteSecurityGroupReq { security_group_id: id.to_owned(), ..self.tenant.request() };
        self.client().delete_security_group(request).await.unwrap().into_inner()
    }

    async fn operate(&self, id: &str, ops_type: &str, instances: &[&str]) -> OperateSecurityGroupRes {
        let request = OperateSecurityGroupReq {
            security_group_id: id.to_owned(),
            ops_type: ops_type.to_owned(),
            instance_ids: instances.iter().map(|id| (*id).to_owned()).collect(),
            ..self.tenant.request()
        };
        self.client().operate_security_group(request).await.unwrap().into_inner()
    }

    /// The tenant's groups as the cloud has them, without the one that every tenant has.
    async fn groups(&self) -> Vec<Value> {
        let path = format!("/security-groups?project_id={}", self.project);
        let mut groups = self.admin.list("network", &path, "security_groups").await;
        groups.retain(|group| group["name"] != "default");
        groups
    }

    /// The id of the group that every tenant has.
    async fn default_group(&self) -> String {
        let path = format!("/security-groups?project_id={}&name=default", self.project);
        let groups = self.admin.list("network", &path, "security_groups").await;
        patchbay_tests::admin::text(&groups[0]["id"])
    }
}

/// A rule for what comes in by TCP.
fn tcp(min: i32, max: i32, remote: &str) -> SecurityGroupRuleSet {
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
fn all(direction: &str, protocol: &str, remote: &str) -> SecurityGroupRuleSet {
    SecurityGroupRuleSet {
        direction: direction.to_owned(),
        protocol: protocol.to_owned(),
        remote_ip_prefix: remote.to_owned(),
        ..SecurityGroupRuleSet::default()
    }
}

fn shown(answer: SecurityGroupRes) -> SecurityGroup {
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
fn lines(group: &SecurityGroup) -> Vec<String> {
    let mut lines: Vec<String> = group.security_group_rules.iter().map(line).collect();
    lines.sort();
    lines
}
