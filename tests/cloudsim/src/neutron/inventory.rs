//! What clients have made, for the control handle. What Neutron makes by itself is not among it: the groups and
//! rules that every project has, and the ports of servers and share servers, which are told with those.

use super::Networks;
use super::address::SERVER;
use super::share_server::SHARE_SERVER;
use super::standard::Standard;
use crate::control::Resource;

/// Whose ports are made and removed with something else.
const OF_SERVICES: [&str; 2] = [SERVER, SHARE_SERVER];

impl Networks {
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let named = |kind: &'static str| move |standard: &Standard| resource(kind, standard);
        let ports = self.ports.values().filter(|port| !OF_SERVICES.contains(&port.device_owner.as_str()));
        let groups = self.groups.values().filter(|group| !group.is_default());
        let networks = self.networks.values().map(|network| &network.standard).map(named("network"));
        networks
            .chain(self.subnets.values().map(|subnet| &subnet.standard).map(named("subnet")))
            .chain(ports.map(|port| &port.standard).map(named("port")))
            .chain(self.routers.values().map(|router| &router.standard).map(named("router")))
            .chain(groups.map(|group| &group.standard).map(named("security_group")))
            .chain(self.rules.values().filter_map(|rule| rule.resource()))
            .collect()
    }
}

fn resource(kind: &str, standard: &Standard) -> Resource {
    Resource {
        kind: kind.to_owned(),
        id: standard.id.clone(),
        name: standard.name.clone(),
        project_id: standard.project_id.clone(),
        status: String::new(),
    }
}
