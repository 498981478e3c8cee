//! Who has mounted what: NFS clients, which tests let mount.

use serde_json::{Value, json};

use super::interface::ADDRESS;
use super::records::Kind;
use super::{Array, no_api};
use crate::call::{Call, Outcome};

/// A client has no page of its own; `volume.uuid` is for those who ask.
const KIND: Kind = Kind {
    path: "/api/protocols/nfs/connected-clients",
    key: "client_ip",
    listed: &["svm", "node", "server_ip", "client_ip", "volume.name", "protocol"],
    shown: &[
        "svm",
        "node",
        "server_ip",
        "client_ip",
        "volume.name",
        "protocol",
        "idle_duration",
        "local_request_count",
        "remote_request_count",
        "export_policy",
    ],
    costly: &["volume.uuid"],
};

pub(super) struct Client {
    /// The uuid of what it has mounted.
    pub(super) volume: String,
    pub(super) address: String,
}

pub(super) fn list(array: &Array, call: &Call) -> Outcome {
    if call.method != "GET" {
        return Err(no_api());
    }
    let views: Vec<Value> = array.clients.iter().filter_map(|client| view(array, client)).collect();
    KIND.list(call, &views)
}

/// None where the volume is no more.
fn view(array: &Array, client: &Client) -> Option<Value> {
    let volume = array.volumes.get(&client.volume)?;
    let policy = array.policies.get(&volume.policy)?;
    Some(json!({
        "svm": array.svm.view(), "node": {"name": "node1", "uuid": array.aggregate.uuid}, "server_ip": ADDRESS,
        "client_ip": client.address, "volume": {"name": volume.name, "uuid": volume.uuid}, "protocol": "nfs4.1",
        "idle_duration": "PT8S", "local_request_count": 12, "remote_request_count": 0,
        "export_policy": {"name": policy.name, "id": policy.id},
    }))
}
