//! Export policies: which addresses may mount a volume. Each share has one of its own, with the volume's name.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::Id;
use patchbay_sdk::nas::network::Subnet;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ontap;

/// The one that every SVM has; what a volume names while its own is taken away.
pub(crate) const DEFAULT: &str = "default";

const PATH: [&str; 3] = ["protocols", "nfs", "export-policies"];

#[derive(Deserialize)]
struct Policy {
    id: Id,
}

/// Makes one that lets the subnets in and nobody else. Instances mount as their own root, and keep it there.
pub(crate) async fn make(name: &str, subnets: &[Subnet]) -> Result<(), Error> {
    let clients: Vec<Value> = subnets.iter().map(|subnet| json!({"match": subnet.cidr.as_str()})).collect();
    let rule = json!({
        "clients": clients, "protocols": ["nfs"], "ro_rule": ["sys"], "rw_rule": ["sys"], "superuser": ["sys"],
    });
    let body = json!({"name": name, "svm": {"name": ontap::svm()?}, "rules": [rule]});
    ontap::ok(ontap::request("POST", &PATH).json(&body)?).await.map(drop)
}

/// Removes it, if it is there. A policy says nothing of tenants; its name is one that only an operation gives.
pub(crate) async fn remove(name: &str) -> Result<(), Error> {
    for Policy { id } in ontap::named(&PATH, name, "id", |_| Ok(Some(true))).await? {
        match ontap::ok(ontap::request("DELETE", &[&PATH[..], &[&id]].concat())).await {
            Err(error) if !error.is(kind::NOT_FOUND) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
