//! The RPCs that change something, and what each needs to be there. How it comes to be there is in `needs`, how a change is
//! made in `setup`.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::SECOND_REGION;
use crate::tenant::USER;

/// What was made, by the words of the table's requests.
pub type Ids = BTreeMap<&'static str, String>;

/// Something that there is before a change. What it stands on is named before it.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// A name that no tenant has.
    TenantName,
    /// What the cloud offers to every tenant.
    Offer,
    /// An instance that runs.
    Instance,
    /// A disk of 1 GiB that is free.
    Disk,
    /// The disk attached to the instance.
    AttachedDisk,
    /// A security group with two rules.
    Group,
    /// The group on the instance.
    Member,
    /// A VPC, 10.1.0.0/24.
    Vpc,
    /// Another one, 10.2.0.0/24.
    OtherVpc,
    /// A router in the first VPC, with one route.
    Router,
    /// The other VPC's subnet attached to it.
    OtherSubnet,
    /// A share on the first VPC.
    Share,
    /// The same in the second region, on the array.
    ArrayShare,
    /// An account of object storage with a bucket.
    Bucket,
}

/// One RPC with a request that succeeds.
pub struct Change {
    /// As "vpc.VpcService/CreateVpc".
    pub rpc: &'static str,
    /// What there must be.
    pub needs: &'static [Need],
    /// The request, without credentials.
    pub request: fn(&Ids) -> Value,
    /// The fewest backend calls that it takes.
    pub calls_min: u32,
    /// Whether a failure leaves all as it was. Where that cannot be, the backend has done what was asked for and the
    /// error says how things are.
    pub undone: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rpc.rsplit('/').next().unwrap_or(self.rpc))
    }
}

use Need::{
    ArrayShare, AttachedDisk, Bucket, Disk, Group, Instance, Member, Offer, OtherSubnet, OtherVpc, Router,
    Share, TenantName, Vpc,
};

/// Each RPC that changes something, with what its request needs.
pub const CHANGES: &[Change] = &[
    Change {
        rpc: "tenant.TenantService/CreateTenant",
        needs: &[TenantName],
        request: |ids| json!({"tenant_name": ids["tenant_name"]}),
        calls_min: 7,
        undone: true,
    },
    Change {
        rpc: "instance.InstanceService/CreateInstance",
        needs: &[Offer],
        request: new_instance,
        calls_min: 4,
        undone: true,
    },
    Change {
        rpc: "instance.InstanceService/UpdateInstanceFlavor",
        needs: &[Offer, Instance],
        request: |ids| json!({"instance_id": ids["instance"], "flavor_ref": ids["larger_flavor"]}),
        calls_min: 4,
        undone: false,
    },
    Change {
        rpc: "instance.InstanceService/OperateInstance",
        needs: &[Instance],
        request: |ids| json!({"instance_id": ids["instance"], "operate_type": "stop"}),
        calls_min: 2,
        undone: false,
    },
    Change {
        rpc: "instance.InstanceService/DeleteInstance",
        needs: &[Instance],
        request: |ids| json!({"instance_id": ids["instance"]}),
        calls_min: 2,
        undone: false,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/CreateCloudDisk",
        needs: &[],
        request: |_| json!({"volume_name": "new", "cloud_disk_conf": {"size_in_g": 1}}),
        calls_min: 2,
        undone: true,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/ReqizeCloudDisk",
        needs: &[Disk],
        request: |ids| json!({"volume_id": ids["disk"], "cloud_disk_conf": {"size_in_g": 2}}),
        calls_min: 3,
        undone: false,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/ReqizeCloudDisk",
        needs: &[Instance, Disk, AttachedDisk],
        request: |ids| json!({"volume_id": ids["disk"], "cloud_disk_conf": {"size_in_g": 2}}),
        calls_min: 3,
        undone: false,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/ModifyCloudDiskInfo",
        needs: &[Disk],
        request: |ids| json!({"volume_id": ids["disk"], "volume_name": "other", "volume_desc": "changed"}),
        calls_min: 2,
        undone: false,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/OperateCloudDisk",
        needs: &[Instance, Disk],
        request: |ids| json!({"volume_id": ids["disk"], "instance_id": ids["instance"], "ops_type": "attach"}),
        calls_min: 3,
        undone: false,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/OperateCloudDisk",
        needs: &[Instance, Disk, AttachedDisk],
        request: |ids| json!({"volume_id": ids["disk"], "instance_id": ids["instance"], "ops_type": "detach"}),
        calls_min: 3,
        undone: false,
    },
    Change {
        rpc: "clouddisk.CloudDiskService/DeleteCloudDisk",
        needs: &[Disk],
        request: |ids| json!({"volume_id": ids["disk"]}),
        calls_min: 2,
        undone: false,
    },
    Change {
        rpc: "securitygroup.SecurityGroupService/CreateSecurityGroup",
        needs: &[],
        request: |_| json!({"security_group_name": "new", "security_group_rule_sets": [tcp(80), tcp(443)]}),
        calls_min: 3,
        undone: true,
    },
    Change {
        rpc: "securitygroup.SecurityGroupService/UpdateSecurityGroup",
        needs: &[Group],
        request: |ids| {
            let rules = [tcp(80), tcp(8080)];
            json!({"security_group_id": ids["group"], "security_group_name": "other", "security_group_rule_sets": rules})
        },
        calls_min: 5,
        undone: true,
    },
    Change {
        rpc: "securitygroup.SecurityGroupService/DeleteSecurityGroup",
        needs: &[Group],
        request: |ids| json!({"security_group_id": ids["group"]}),
        calls_min: 1,
        undone: false,
    },
    Change {
        rpc: "securitygroup.SecurityGroupService/OperateSecurityGroup",
        needs: &[Instance, Group],
        request: |ids| operate(ids, "attach"),
        calls_min: 2,
        undone: false,
    },
    Change {
        rpc: "securitygroup.SecurityGroupService/OperateSecurityGroup",
        needs: &[Instance, Group, Member],
        request: |ids| operate(ids, "detach"),
        calls_min: 2,
        undone: false,
    },
    Change {
        rpc: "vpc.VpcService/CreateVpc",
        needs: &[],
        request: |_| json!({"vpc_name": "new", "subnet": "10.3.0.0/24"}),
        calls_min: 3,
        undone: true,
    },
    Change {
        rpc: "vpc.VpcService/SetVpcInfo",
        needs: &[Vpc],
        request: |ids| json!({"vpc_id": ids["vpc"], "vpc_name": "other", "vpc_desc": "changed"}),
        calls_min: 2,
        undone: true,
    },
    Change {
        rpc: "route.RouteService/CreateRouter",
        needs: &[Vpc],
        request: |ids| json!({"router_name": "new", "vpc_ids": [ids["vpc"]]}),
        calls_min: 5,
        undone: true,
    },
    Change {
        rpc: "route.RouteService/AttachSubnet",
        needs: &[Vpc, OtherVpc, Router],
        request: |ids| json!({"router_id": ids["router"], "vpc_id": ids["other_vpc"]}),
        calls_min: 4,
        undone: true,
    },
    Change {
        rpc: "route.RouteService/DetachSubnet",
        needs: &[Vpc, OtherVpc, Router, OtherSubnet],
        request: |ids| json!({"router_id": ids["router"], "vpc_id": ids["other_vpc"]}),
        calls_min: 4,
        undone: true,
    },
    Change {
        rpc: "route.RouteService/SetRoutes",
        needs: &[Vpc, Router],
        request: |ids| {
            let routes = [json!({"destination": "172.16.0.0/16", "next_hop": "10.1.0.9"})];
            json!({"router_id": ids["router"], "routes": routes})
        },
        calls_min: 4,
        undone: true,
    },
    Change {
        rpc: "route.RouteService/DeleteRouter",
        needs: &[Vpc, Router],
        request: |ids| json!({"router_id": ids["router"]}),
        calls_min: 5,
        undone: true,
    },
    Change {
        rpc: "nasdisk.NasDiskService/CreateNasDisk",
        needs: &[Vpc],
        request: new_share,
        calls_min: 7,
        undone: true,
    },
    Change {
        rpc: "nasdisk.NasDiskService/DeleteNasDisk",
        needs: &[Vpc, Share],
        request: |ids| json!({"share_id": ids["share"]}),
        calls_min: 5,
        undone: false,
    },
    Change {
        rpc: "nasdisk.NasDiskService/CreateNasDisk",
        needs: &[Vpc],
        request: new_array_share,
        calls_min: 7,
        undone: true,
    },
    Change {
        rpc: "nasdisk.NasDiskService/DeleteNasDisk",
        needs: &[Vpc, ArrayShare],
        request: |ids| json!({"share_id": ids["array_share"]}),
        calls_min: 8,
        undone: false,
    },
    Change {
        rpc: "oss.OSSService/CreateUserAndBucket",
        needs: &[],
        request: |_| new_bucket(),
        calls_min: 8,
        undone: true,
    },
    Change {
        rpc: "oss.OSSService/CreateUserAndBucket",
        needs: &[Bucket],
        request: |_| new_bucket(),
        calls_min: 6,
        undone: true,
    },
    Change {
        rpc: "oss.OSSService/SetOssUserQuota",
        needs: &[Bucket],
        request: |ids| json!({"oss_uid": ids["account"], "user_max_size_in_g": 20, "user_max_objects": 200}),
        calls_min: 3,
        undone: true,
    },
];

/// An instance with a data disk.
fn new_instance(ids: &Ids) -> Value {
    json!({
        "instance_name": "new", "flavor_ref": ids["flavor"], "image_ref": ids["image"],
        "network_uuid": ids["network"], "system_disk": {"size_in_g": 1}, "data_disks": [{"size_in_g": 1}],
    })
}

/// A share on the first VPC.
pub(super) fn new_share(ids: &Ids) -> Value {
    json!({"share_name": "files", "share_proto": "NFS", "share_size_in_g": 1, "network_id": ids["vpc"]})
}

/// The same in the second region, on the array.
pub(super) fn new_array_share(ids: &Ids) -> Value {
    let mut request = new_share(ids);
    request["region"] = json!(SECOND_REGION);
    request
}

/// A rule for one port.
pub(super) fn tcp(port: u16) -> Value {
    json!({"direction": "ingress", "protocol": "tcp", "port_range_min": port, "port_range_max": port})
}

/// `ops_type` is "attach" or "detach".
pub(super) fn operate(ids: &Ids, ops_type: &str) -> Value {
    json!({"security_group_id": ids["group"], "instance_ids": [ids["instance"]], "ops_type": ops_type})
}

/// A bucket whose name nobody has: all tenants have theirs in one place.
pub(super) fn new_bucket() -> Value {
    let name = format!("photos-{}", Uuid::new_v4());
    json!({"platform_userid": USER, "bucket_name": name, "bucket_policy": "public-ro"})
}
