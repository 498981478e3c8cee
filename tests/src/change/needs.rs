//! What there is before a change: just what it needs.

use std::borrow::Borrow;

use serde_json::{Value, json};

use super::setup::Setup;
use super::table::{Need, new_array_share, new_bucket, new_share, operate, tcp};
use crate::Deployment;
use crate::admin::text;

impl<D: Borrow<Deployment>> Setup<D> {
    /// Makes it.
    pub(super) async fn lay_out(&mut self, need: Need) {
        let ids = &self.ids;
        match need {
            Need::TenantName => {
                self.ids.insert("tenant_name", format!("beside {}", self.scene.tenant.id));
            }
            Need::Offer => {
                let offer = self.scene.admin.offer().await;
                let named =
                    [("flavor", offer.flavor), ("larger_flavor", offer.larger), ("image", offer.image)];
                self.ids.extend(named);
                self.ids.insert("network", offer.network);
            }
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
                self.keep("bucket", &made["oss_bucket"]["bucket_name"]);
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
