//! What clients have made, for the control handle. What Neutron makes by itself is not among it: the groups and
//! rules that every project has, and the ports of servers, which are told with the servers.

use super::Networks;
use super::standard::Standard;
use crate::control::Resource;

impl Networks {
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let named = |kind: &'static str| move |standard: &Standard| resource(kind, standard);
        let ports = self.ports.values().filter(|port| port.device_owner != super::address::SERVER);
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
