//! The RPCs that look, in the form of those that change something: what each needs to be there, and a request that succeeds.

use serde_json::json;

use super::table::Need::{
    ArrayShare, AttachedDisk, Bucket, Disk, Group, Instance, Member, Offer, Router, Share, Vpc,
};
use super::table::{Change, Ids, Need};
use crate::tenant::USER;

/// One look of a tenant's.
const fn read(rpc: &'static str, needs: &'static [Need], request: fn(&Ids) -> serde_json::Value) -> Change {
    Change { rpc, needs, request, calls_min: 1, undone: true }
}

/// Each RPC that looks at what a backend has.
pub const READS: &[Change] = &[
    read("flavor.FlavorService/ListFlavors", &[], |_| json!({"page_number": 1, "page_size": 10})),
    read("flavor.FlavorService/GetFlavor", &[Offer], |ids| json!({"flavor_id": ids["flavor"]})),
    read("image.ImageService/ListImages", &[], |_| json!({"page_number": 1, "page_size": 10})),
    read("image.ImageService/GetImage", &[Offer], |ids| json!({"image_id": ids["image"]})),
    read(
        "instance.InstanceService/GetInstance",
        &[Instance, Disk, AttachedDisk, Group, Member],
        |ids| json!({"instance_id": ids["instance"]}),
    ),
    read(
        "clouddisk.CloudDiskService/GetCloudDisk",
        &[Instance, Disk, AttachedDisk],
        |ids| json!({"volume_id": ids["disk"]}),
    ),
    read(
        "securitygroup.SecurityGroupService/GetSecurityGroup",
        &[Group],
        |ids| json!({"security_group_id": ids["group"]}),
    ),
    read("vpc.VpcService/GetVpcInfo", &[Vpc], |ids| json!({"vpc_id": ids["vpc"]})),
    read("route.RouteService/GetRouter", &[Vpc, Router], |ids| json!({"router_id": ids["router"]})),
    read("route.RouteService/ListRouters", &[Vpc, Router], |_| json!({"page_number": 1, "page_size": 10})),
    read("nasdisk.NasDiskService/GetMountClients", &[Vpc, Share], |ids| json!({"share_id": ids["share"]})),
    read(
        "nasdisk.NasDiskService/GetMountClients",
        &[Vpc, ArrayShare],
        |ids| json!({"share_id": ids["array_share"]}),
    ),
    read(
        "oss.OSSService/GetBucketInfo",
        &[Bucket],
        |ids| json!({"oss_uid": ids["account"], "bucket_name": ids["bucket"]}),
    ),
    read("oss.OSSService/ListBucketsInfo", &[Bucket], |ids| json!({"oss_uid": ids["account"]})),
    read(
        "oss.OSSService/RecoverKey",
        &[Bucket],
        |ids| json!({"oss_uid": ids["account"], "platform_userid": USER}),
    ),
];
