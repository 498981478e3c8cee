//! Where a server is plugged in.

use serde_json::{Value, json};

use crate::cloud::Api::Compute;
use crate::compute::active;
use crate::step::{Step, Who, delete, get};

const INTERFACES: &str = "/servers/{s}/os-interface";
const INTERFACE: &str = "/servers/{s}/os-interface/{port}";

/// On the only network that the server was asked to be on.
fn oldest() -> Value {
    let address = json!({"subnet_id": "={subnet}", "ip_address": "~10.77.0."});
    json!({
        "net_id": "={network}", "port_id": "str", "mac_addr": "~:", "port_state": "=ACTIVE", "fixed_ips": [address],
    })
}

fn newest() -> Value {
    let mut interface = oldest();
    interface["tag"] = json!(null);
    interface
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = active("s");
    steps.extend([
        get(Compute, INTERFACES)
            .gives(200, json!({"interfaceAttachments": [newest()]}))
            .save("port", "/interfaceAttachments/0/port_id"),
        get(Compute, INTERFACES)
            .version("compute 2.69")
            .gives(200, json!({"interfaceAttachments": [oldest()]})),
        get(Compute, INTERFACE).gives(200, json!({"interfaceAttachment": newest()})),
        get(Compute, "/servers/{s}/os-interface/{nothing}")
            .fails(404, "Port id {nothing} could not be found."),
        get(Compute, "/servers/{nothing}/os-interface").fails(404, "Instance {nothing} could not be found."),
        get(Compute, INTERFACES).by(Who::Stranger).fails(404, "Instance {s} could not be found."),
        get(Compute, INTERFACES).by(Who::Roleless).fails(403, "os_compute_api:os-attach-interfaces:list"),
        get(Compute, INTERFACE).by(Who::Roleless).fails(403, "os_compute_api:os-attach-interfaces:show"),
        delete(Compute, "/servers/{s}").empty(204),
        get(Compute, INTERFACES).until_gone().fails(404, "could not be found"),
    ]);
    steps
}
