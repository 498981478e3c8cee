//! The gateway of a router: its port on an external network, which only admins see.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::attributes::{Attributes, uuid};
use super::super::port::Port;
use super::super::standard::Standard;
use super::super::{Networks, Request, disallowed};
use super::{GATEWAY, bad_router};
use crate::call::Refusal;

/// What a body says of the gateway.
pub(super) enum Wanted {
    /// As it is.
    Kept,
    None,
    /// On the network with this id.
    On(String),
}

impl Wanted {
    /// The network must be an external one.
    pub(super) fn of(
        networks: &Networks,
        request: &Request<'_>,
        attributes: &Attributes,
        rule: &str,
    ) -> Result<Self, Refusal> {
        let Some(info) = attributes.get("external_gateway_info") else { return Ok(Self::Kept) };
        if info.as_object().is_none_or(serde_json::Map::is_empty) {
            return Ok(Self::None);
        }
        let id = uuid("external_gateway_info", &info["network_id"])?;
        if info.get("enable_snat").is_some() && !request.caller.admin {
            let part = format!("rule:{rule}:external_gateway_info");
            let rules = format!("(rule:{rule} and ({part} and ({part}:network_id and {part}:enable_snat)))");
            return Err(disallowed(&rules));
        }
        if !networks.network(id, request.caller)?.external {
            return Err(bad_router(&format!("Network {id} is not an external network")));
        }
        Ok(Self::On(id.to_owned()))
    }
}

impl Networks {
    pub(super) fn set_gateway(&mut self, router: &str, wanted: Wanted, now: Timestamp) {
        let now_on = self.router_ports(router, GATEWAY).next().map(|port| port.network_id.clone());
        let network_id = match wanted {
            Wanted::Kept => return,
            Wanted::On(id) if now_on.as_ref() == Some(&id) => return,
            Wanted::On(id) => Some(id),
            Wanted::None => None,
        };
        self.ports.retain(|_, port| port.device_id != router || port.device_owner != GATEWAY);
        let Some(network_id) = network_id else { return };
        let fixed = self.next_address(&network_id).into_iter().collect();
        let mut port = Port::new(Standard::new("", "", now), &network_id, fixed);
        router.clone_into(&mut port.device_id);
        GATEWAY.clone_into(&mut port.device_owner);
        self.ports.insert(port.standard.id.clone(), port);
    }

    pub(super) fn gateway_view(&self, router: &str) -> Value {
        let Some(port) = self.router_ports(router, GATEWAY).next() else { return Value::Null };
        let ips = port.fixed.iter().map(|(subnet, ip)| json!({"subnet_id": subnet, "ip_address": ip}));
        json!({
            "network_id": port.network_id, "external_fixed_ips": ips.collect::<Vec<_>>(), "enable_snat": true,
        })
    }
}
