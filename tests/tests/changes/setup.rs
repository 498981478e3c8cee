//! What there is before a change: a tenant of its own each time, with just what the change needs.

use std::collections::BTreeMap;

use cloudsim::Control;
use patchbay::operation::{Operations, State};
use patchbay_tests::admin::text;
use patchbay_tests::contract::{Answer, call};
use patchbay_tests::operation::{self, END_MAX};
use patchbay_tests::{Scene, wait_for};
use serde_json::{Value, json};

use crate::census;
use crate::table::{Change, Need, new_array_share, new_bucket, new_share, operate, tcp};

/// What was made, by the words of the table's requests.
pub(crate) type Ids = BTreeMap<&'static str, String>;

/// The scene of the tenant whose turn it is, and what that one has.
pub(crate) struct Setup {
    scene: Scene,
    operations: Operations,
    ids: Ids,
}

impl Setup {
    pub(crate) async fn start() -> Self {
        let scene = Scene::quick().await;
        let operations = scene.deployment.operations().await;
        Self { scene, operations, ids: Ids::new() }
    }

    /// The same for a new tenant, who has what is needed.
    pub(crate) async fn of(self, name: &str, needs: &[Need]) -> Self {
        let name = format!("{name} {}", self.scene.tenant.id);
        let mut setup = Self { scene: self.scene.next(&name).await, ids: Ids::new(), ..self };
        for need in needs {
            setup.lay_out(*need).await;
        }
        setup
    }

    pub(crate) fn cloud(&self) -> &Control {
        self.scene.deployment.cloudsim()
    }

    pub(crate) async fn make(&self, change: &Change) -> Answer {
        self.call(change.rpc, (change.request)(&self.ids)).await
    }

    /// A line for each thing that the tenant has.
    pub(crate) async fn lines(&self) -> Vec<String> {
        census::lines(&self.scene).await
    }

    /// Waits until there is just what one of these says.
    pub(crate) async fn wait_for_one_of(&self, allowed: &[&Vec<String>], what: &str) {
        let what = format!("{what} to leave one of {allowed:#?}");
        wait_for(&what, END_MAX, async || {
            let found = self.lines().await;
            let is_allowed = allowed.contains(&&found);
            if !is_allowed {
                eprintln!("there is {found:#?}");
            }
            is_allowed.then_some(())
        })
        .await;
    }

    /// How the call's operation ended; a call that was refused before it began one has failed.
    pub(crate) async fn ended(&self, answer: &Answer) -> State {
        let Some(id) = answer.operation else {
            assert_ne!(answer.code, 0, "a change without an operation");
            return State::Failed;
        };
        operation::ended(&self.operations, &self.scene.tenant, id).await.state
    }

    async fn call(&self, rpc: &str, mut request: Value) -> Answer {
        request["apikey"] = json!(self.scene.tenant.apikey);
        request["tenant_id"] = json!(self.scene.tenant.id);
        call(self.scene.deployment.grpc(), rpc, &request).await
    }

    async fn done(&self, rpc: &str, request: Value) -> Value {
        let answer = self.call(rpc, request).await;
        assert_eq!(answer.code, 0, "{rpc}: {}", answer.msg);
        answer.body
    }

    async fn lay_out(&mut self, need: Need) {
        let ids = &self.ids;
        match need {
            Need::Instance => {
                let instance = self.scene.instance("web").await;
                self.ids.insert("instance", instance);
            }
            Need::Disk => {
                let request = json!({"volume_name": "data", "cloud_disk_conf": {"size_in_g": 1}});
                let made = self.done("clouddisk.CloudDiskService/CreateCloudDisk", request).await;
                self.keep("disk", &made["cloud_disk"]["volume_id"]);
            }
            Need::AttachedDisk => {
                let request =
                    json!({"volume_id": ids["disk"], "instance_id": ids["instance"], "ops_type": "attach"});
                self.done("clouddisk.CloudDiskService/OperateCloudDisk", request).await;
            }
            Need::Group => {
                let request =
                    json!({"security_group_name": "web", "security_group_rule_sets": [tcp(80), tcp(81)]});
                let made = self.done("securitygroup.SecurityGroupService/CreateSecurityGroup", request).await;
                self.keep("group", &made["security_group"]["security_group_id"]);
            }
            Need::Member => {
                let request = operate(ids, "attach");
                self.done("securitygroup.SecurityGroupService/OperateSecurityGroup", request).await;
            }
            Need::Vpc => self.lay_out_vpc("vpc", "10.1.0.0/24").await,
            Need::OtherVpc => self.lay_out_vpc("other_vpc", "10.2.0.0/24").await,
            Need::Router => {
                let request = json!({"router_name": "edge", "vpc_ids": [ids["vpc"]]});
                let made = self.done("route.RouteService/CreateRouter", request).await;
                self.keep("router", &made["router"]["router_id"]);
                let routes = [json!({"destination": "192.168.0.0/16", "next_hop": "10.1.0.7"})];
                let request = json!({"router_id": self.ids["router"], "routes": routes});
                self.done("route.RouteService/SetRoutes", request).await;
            }
            Need::Share => {
                let request = new_share(ids);
                let made = self.done("nasdisk.NasDiskService/CreateNasDisk", request).await;
                self.keep("share", &made["nas_disk"]["share_id"]);
            }
            Need::ArrayShare => {
                let request = new_array_share(ids);
                let made = self.done("nasdisk.NasDiskService/CreateNasDisk", request).await;
                self.keep("array_share", &made["nas_disk"]["share_id"]);
            }
            Need::Bucket => {
                let made = self.done("oss.OSSService/CreateUserAndBucket", new_bucket()).await;
                self.keep("account", &made["oss_user"]["oss_uid"]);
            }
            Need::OtherSubnet => {
                let request = json!({"router_id": ids["router"], "vpc_id": ids["other_vpc"]});
                self.done("route.RouteService/AttachSubnet", request).await;
            }
        }
    }

    async fn lay_out_vpc(&mut self, name: &'static str, subnet: &str) {
        let request = json!({"vpc_name": name, "subnet": subnet});
        let made = self.done("vpc.VpcService/CreateVpc", request).await;
        self.keep(name, &made["vpc"]["vpc_id"]);
    }

    fn keep(&mut self, name: &'static str, id: &Value) {
        self.ids.insert(name, text(id));
    }
}
