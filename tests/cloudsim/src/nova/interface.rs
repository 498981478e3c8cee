//! Where a server is plugged in, as Nova tells it: list and show. Plugging is Neutron's part.

use serde_json::{Value, json};

use super::require;
use super::server::find;
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::neutron::Address;
use crate::webob;
use crate::world::World;

/// The microversion that tells tags.
const TAG: u16 = 70;

pub(super) fn route(
    world: &World,
    call: &Call,
    caller: &Caller,
    minor: u16,
    id: &str,
    rest: &[&str],
) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let server = find(world, caller, id)?;
            require(caller.reader, "os-attach-interfaces:list")?;
            let interfaces = server.addresses.iter().map(|address| view(address, minor));
            Ok(Answer::json(200, &json!({"interfaceAttachments": interfaces.collect::<Vec<_>>()})))
        }
        ("GET", [port]) => {
            let server = find(world, caller, id)?;
            require(caller.reader, "os-attach-interfaces:show")?;
            let address = server.addresses.iter().find(|address| address.port_id == *port);
            let address =
                address.ok_or_else(|| Refusal::not_found(format!("Port id {port} could not be found.")))?;
            Ok(Answer::json(200, &json!({"interfaceAttachment": view(address, minor)})))
        }
        _ => Ok(webob::no_route(call)),
    }
}

fn view(address: &Address, minor: u16) -> Value {
    let mut view = json!({
        "net_id": address.network_id, "port_id": address.port_id, "mac_addr": address.mac,
        "port_state": "ACTIVE",
        "fixed_ips": [{"subnet_id": address.subnet_id, "ip_address": address.address}],
    });
    if minor >= TAG {
        view["tag"] = json!(null);
    }
    view
}
