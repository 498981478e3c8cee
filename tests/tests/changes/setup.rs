//! What there is before a change: a tenant of its own each time, with just what the change needs.

use std::collections::BTreeMap;
use std::time::Duration;

use cloudsim::{Control, Options, Timing};
use patchbay::operation::{Operations, State};
use patchbay::{Config, database};
use patchbay_tests::admin::{Admin, Offer, text};
use patchbay_tests::contract::{Answer, call};
use patchbay_tests::{Deployment, Tenant, wait_for};
use serde_json::{Value, json};

use crate::census;
use crate::table::{Change, Need, operate, tcp};

/// Short limits, so that a lost answer takes little; no circuit opens, so that each fault is seen itself.
const QUICK: &str = r#"
operation = { poll_ms_min = 20, poll_ms_max = 100, settle_ms = 300 }
upstream.cloud.transport = { timeout_ms = 1500, breaker_failures = 1000000 }
"#;

/// How long an operation, or undoing it, may take.
const END_MAX: Duration = Duration::from_secs(60);

/// What was made, by the words of the table's requests.
pub(crate) type Ids = BTreeMap<&'static str, String>;

/// A deployment, the tenant whose turn it is, and what that one has.
pub(crate) struct Scene {
    deployment: Deployment,
    admin: Admin,
    offer: Offer,
    rows: Operations,
    tenant: Tenant,
    project: String,
    ids: Ids,
}

impl Scene {
    /// With a cloud that does everything at once.
    pub(crate) async fn start() -> Self {
        let at_once = Options { timing: Timing::instant(), ..Options::default() };
        let deployment = Deployment::builder().toml(QUICK).cloud(at_once).start().await;
        let config = Config::read(&deployment.config_file()).unwrap();
        let rows = Operations::new(database::open(&config.database).await.unwrap());
        let admin = deployment.admin().await;
        let offer = admin.offer().await;
        let tenant = deployment.tenant("first").await;
        let project = admin.project(&tenant.id).await;
        Self { deployment, admin, offer, rows, tenant, project, ids: Ids::new() }
    }

    /// The same for a new tenant, who has what is needed.
    pub(crate) async fn of(self, name: &str, needs: &[Need]) -> Self {
        let tenant = self.deployment.tenant(&format!("{name} {}", self.tenant.id)).await;
        let project = self.admin.project(&tenant.id).await;
        let mut scene = Self { tenant, project, ids: Ids::new(), ..self };
        for need in needs {
            scene.lay_out(*need).await;
        }
        scene
    }

    pub(crate) fn cloud(&self) -> &Control {
        self.deployment.cloudsim()
    }

    pub(crate) async fn make(&self, change: &Change) -> Answer {
        self.call(change.rpc, (change.request)(&self.ids)).await
    }

    /// A line for each thing that the tenant has.
    pub(crate) async fn lines(&self) -> Vec<String> {
        census::lines(&self.admin, &self.project).await
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
        let tenant = self.tenant.id.parse().unwrap();
        wait_for("the operation to end", END_MAX, async || {
            let row = self.rows.get(tenant, id).await.unwrap().unwrap();
            row.state.ended().then_some(row.state)
        })
        .await
    }

    async fn call(&self, rpc: &str, mut request: Value) -> Answer {
        request["apikey"] = json!(self.tenant.apikey);
        request["tenant_id"] = json!(self.tenant.id);
        call(self.deployment.grpc(), rpc, &request).await
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
                let request = json!({
                    "instance_name": "web", "flavor_ref": self.offer.flavor, "image_ref": self.offer.image,
                    "network_uuid": self.offer.network, "system_disk": {"size_in_g": 1},
                });
                let made = self.done("instance.InstanceService/CreateInstance", request).await;
                self.keep("instance", &made["instance"]["instance_id"]);
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
