//! The addresses of the SVM, which ONTAP calls interfaces: one for NFS, one for its administrator.

use serde_json::{Value, json};

use super::records::Kind;
use super::{Array, no_api};
use crate::call::{Call, Outcome};

/// Where volumes are mounted from.
pub(super) const ADDRESS: &str = "192.0.2.20";
const ADMIN_ADDRESS: &str = "192.0.2.21";

const KIND: Kind = Kind {
    path: "/api/network/ip/interfaces",
    key: "uuid",
    listed: &["uuid", "name"],
    shown: &["uuid", "name", "ip", "enabled", "state", "scope", "svm", "services", "location"],
    costly: &[],
};

pub(super) fn list(array: &Array, call: &Call) -> Outcome {
    if call.method != "GET" {
        return Err(no_api());
    }
    let nfs = view(array, "nfs1", ADDRESS, &["data_core", "data_nfs"]);
    let admin = view(array, "admin1", ADMIN_ADDRESS, &["management_ssh", "management_https"]);
    KIND.list(call, &[nfs, admin])
}

fn view(array: &Array, name: &str, address: &str, services: &[&str]) -> Value {
    let node = json!({"name": "node1", "uuid": array.aggregate.uuid});
    json!({
        "uuid": format!("{}-{name}", array.svm.uuid), "name": name, "enabled": true, "state": "up", "scope": "svm",
        "ip": {"address": address, "netmask": "24", "family": "ipv4"}, "svm": array.svm.view(), "services": services,
        "location": {"node": node, "home_node": node, "is_home": true},
    })
}
