//! From the addresses of a share's clients to the tenant's instances. How a backend tells addresses is in its plugin.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::Clients;
use super::network::{self, Port};
use crate::Error;

/// The instances that the clients are, by their addresses in the network; an empty one knows none. A client is an
/// address, a range of them, or `None` where it has none that could be told.
///
/// # Errors
/// Those of Neutron.
pub async fn resolve(clients: &[Option<IpNet>], network: &str) -> Result<Clients, Error> {
    let ports = if clients.is_empty() || network.is_empty() {
        Vec::new()
    } else {
        network::instance_ports(network).await?
    };
    Ok(among(clients, &ports))
}

fn among(clients: &[Option<IpNet>], ports: &[Port]) -> Clients {
    let (mut instances, mut unresolved) = (BTreeSet::new(), 0);
    for client in clients {
        let known = instances_of(client.as_ref(), ports);
        unresolved += u32::from(known.is_empty());
        instances.extend(known);
    }
    Clients { instance_ids: instances.into_iter().map(str::to_owned).collect(), unresolved }
}

fn instances_of<'a>(client: Option<&IpNet>, ports: &'a [Port]) -> Vec<&'a str> {
    let is_it =
        |port: &&Port| client.is_some_and(|client| port.addresses().any(|address| client.contains(&address)));
    ports.iter().filter(is_it).map(|port| port.instance_id.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(clients: &[Option<&str>]) -> (Vec<String>, u32) {
        let ports = r#"[
            {"id": "p1", "device_id": "vm1", "device_owner": "compute:nova", "fixed_ips": [{"ip_address": "10.5.0.9"}]},
            {"id": "p2", "device_id": "vm2", "device_owner": "compute:nova", "fixed_ips": [{"ip_address": "10.5.0.40"}]}
        ]"#;
        let ports: Vec<Port> = serde_json::from_str(ports).unwrap();
        let clients: Vec<_> = clients.iter().map(|client| client.map(|text| text.parse().unwrap())).collect();
        let Clients { instance_ids, unresolved } = among(&clients, &ports);
        (instance_ids, unresolved)
    }

    #[test]
    fn clients_are_instances_or_are_counted() {
        for (client, instances, unresolved) in [
            (Some("10.5.0.9/32"), &["vm1"][..], 0),
            (Some("10.5.0.0/28"), &["vm1"], 0),
            (Some("0.0.0.0/0"), &["vm1", "vm2"], 0),
            (Some("10.5.0.77/32"), &[], 1),
            (None, &[], 1),
        ] {
            let instances: Vec<_> = instances.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(found(&[client]), (instances, unresolved), "{client:?}");
        }
    }

    #[test]
    fn an_instance_is_named_once() {
        let (instances, unresolved) = found(&[Some("10.5.0.0/24"), Some("10.5.0.9/32"), Some("10.6.0.1/32")]);
        assert_eq!((instances.len(), unresolved), (2, 1));
    }
}
