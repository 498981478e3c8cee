//! `securitygroup.SecurityGroupService` (requirements, "安全组相关服务"). What changes a group is an operation. What a
//! rule may say is checked in `rule`, which protocols there are in `protocol`.

mod protocol;
mod rule;

use std::collections::HashMap;

use patchbay_core::error::Error;
use patchbay_proto::securitygroup::security_group_res::security_group::SecurityGroupRule;
use patchbay_proto::securitygroup::security_group_service_server::SecurityGroupService;
use patchbay_proto::securitygroup::{
    CreateSecurityGroupReq, DeleteSecurityGroupReq, DeleteSecurityGroupRes, GetSecurityGroupReq,
    OperateSecurityGroupReq, OperateSecurityGroupRes, SecurityGroupRes, UpdateSecurityGroupReq,
    security_group_res,
};
use patchbay_runtime::contract::network::exports::patchbay::network::security_groups as wit;
use patchbay_runtime::{Call, SecurityGroups};
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

/// Instances of one request.
const INSTANCES_MAX: usize = 64;

#[tonic::async_trait]
impl SecurityGroupService for Api {
    async fn create_security_group(
        &self,
        request: Request<CreateSecurityGroupReq>,
    ) -> Result<Response<SecurityGroupRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let spec = wit::Spec {
                name: check::name("security_group_name", &request.security_group_name)?,
                description: check::text("security_group_desc", &request.security_group_desc)?,
                rules: rule::specs(&request.security_group_rule_sets)?,
            };
            let changed = self.change::<SecurityGroups>(call, "", |at, groups, context| {
                Box::pin(groups.call_create(at, context, spec))
            });
            changed.await?.shown(async |call, id| self.shown_group(call, id).await).await
        })
        .await
    }

    async fn get_security_group(
        &self,
        request: Request<GetSecurityGroupReq>,
    ) -> Result<Response<SecurityGroupRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("security_group_id", &request.security_group_id)?;
            Ok(self.shown_group(call.read(""), id).await?)
        })
        .await
    }

    async fn update_security_group(
        &self,
        request: Request<UpdateSecurityGroupReq>,
    ) -> Result<Response<SecurityGroupRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("security_group_id", &request.security_group_id)?;
            let spec = wit::Spec {
                name: check::text("security_group_name", &request.security_group_name)?,
                description: check::text("security_group_desc", &request.security_group_desc)?,
                rules: rule::specs(&request.security_group_rule_sets)?,
            };
            let changed = self.change::<SecurityGroups>(call, "", |at, groups, context| {
                Box::pin(groups.call_update(at, context, id, spec))
            });
            changed.await?.shown(async |call, id| self.shown_group(call, id).await).await
        })
        .await
    }

    async fn delete_security_group(
        &self,
        request: Request<DeleteSecurityGroupReq>,
    ) -> Result<Response<DeleteSecurityGroupRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("security_group_id", &request.security_group_id)?;
            let changed = self.change::<SecurityGroups>(call, "", |at, groups, context| {
                Box::pin(groups.call_delete(at, context, id))
            });
            Ok(changed.await?.told(|security_group_id, deleted_time| DeleteSecurityGroupRes {
                security_group_id,
                deleted_time,
                ..Default::default()
            }))
        })
        .await
    }

    async fn operate_security_group(
        &self,
        request: Request<OperateSecurityGroupReq>,
    ) -> Result<Response<OperateSecurityGroupRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("security_group_id", &request.security_group_id)?;
            let ops_type = check::one_of("ops_type", &request.ops_type, &["attach", "detach"])?;
            let (instances, action) = (instances(&request.instance_ids)?, ops_type.clone());
            let changed = self.change::<SecurityGroups>(call, "", |at, groups, context| {
                Box::pin(groups.call_operate(at, context, id, instances, action))
            });
            Ok(changed.await?.told(|security_group_id, operateed_time| OperateSecurityGroupRes {
                security_group_id,
                ops_type,
                operateed_time,
                ..Default::default()
            }))
        })
        .await
    }
}

impl Api {
    /// The group as the backend shows it now.
    async fn shown_group(&self, call: Call, id: String) -> Result<SecurityGroupRes, Error> {
        let found = self.plugins.call::<SecurityGroups, _>(call, move |at, groups, context| {
            Box::pin(groups.call_get(at, context, id))
        });
        Ok(SecurityGroupRes { security_group: Some(Convert::convert(found.await?)), ..Default::default() })
    }
}

/// 1 to [`INSTANCES_MAX`] ids, each once.
fn instances(ids: &[String]) -> Result<Vec<String>, Error> {
    if ids.is_empty() || ids.len() > INSTANCES_MAX {
        return Err(Error::invalid(format!("instance_ids must hold 1 to {INSTANCES_MAX} ids.")));
    }
    let mut first = HashMap::new();
    let checked = ids.iter().enumerate().map(|(at, id)| {
        let field = format!("instance_ids[{at}]");
        let id = check::id(&field, id)?;
        match first.insert(id.clone(), at) {
            Some(before) => Err(Error::invalid(format!("{field} is the same as instance_ids[{before}]."))),
            None => Ok(id),
        }
    });
    checked.collect()
}

impl Convert<wit::Group> for security_group_res::SecurityGroup {
    fn convert(group: wit::Group) -> Self {
        let rules = group.rules.into_iter().map(|rule| rule::shown(&group.id, rule));
        Self {
            security_group_rules: rules.collect::<Vec<SecurityGroupRule>>(),
            security_group_id: group.id,
            security_group_name: group.name,
            security_group_desc: group.description,
            created_time: group.created_at,
            updated_time: group.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instance_is_named_once() {
        let said = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            instances(&ids).map_or_else(|error| error.message().to_owned(), |ids| ids.join(" "))
        };
        assert_eq!(said(&["a", "b"]), "a b");
        assert!(said(&[]).starts_with("instance_ids must hold"));
        assert!(said(&["a"; 65]).starts_with("instance_ids must hold"));
        assert_eq!(said(&["a", "b", "a"]), "instance_ids[2] is the same as instance_ids[0].");
        assert!(said(&["a", "../b"]).starts_with("instance_ids[1] holds characters"));
    }
}
