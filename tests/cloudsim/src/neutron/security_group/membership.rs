//! The security groups of servers, which are those of their ports: what Nova asks, without a call in between.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::super::Networks;
use super::{DEFAULT, Group};

/// Why a name is not one group's.
#[derive(Clone, Copy)]
pub(crate) enum Unfound {
    Missing,
    Ambiguous,
}

/// Why a server's groups stay as they are.
#[derive(Clone, Copy)]
pub(crate) enum Unchanged {
    /// It is on no network.
    NoPorts,
    /// It is in the group already.
    Member,
    NotMember,
}

impl Networks {
    /// The id of the project's group with this id or name.
    pub(crate) fn find_group(
        &mut self,
        named: &str,
        project_id: &str,
        now: Timestamp,
    ) -> Result<String, Unfound> {
        if named == DEFAULT {
            return Ok(self.default_group(project_id, now));
        }
        let own = self.groups.values().filter(|group| group.standard.project_id == project_id);
        let fits = |group: &&Group| group.standard.id == named || group.standard.name == named;
        let found: Vec<&Group> = own.filter(fits).collect();
        match found.as_slice() {
            [] => Err(Unfound::Missing),
            [group] => Ok(group.standard.id.clone()),
            _ => Err(Unfound::Ambiguous),
        }
    }

    /// The groups of a server as Neutron shows them, in the order of their ids.
    pub(crate) fn server_groups(&self, server_id: &str) -> Vec<Value> {
        let groups = self.server_group_ids(server_id);
        groups.iter().filter_map(|id| self.groups.get(*id)).map(|group| self.group_view(group)).collect()
    }

    /// The names of a server's groups, in the order of their ids.
    pub(crate) fn server_group_names(&self, server_id: &str) -> Vec<&str> {
        let groups = self.server_group_ids(server_id);
        groups
            .iter()
            .filter_map(|id| self.groups.get(*id))
            .map(|group| group.standard.name.as_str())
            .collect()
    }

    fn server_group_ids(&self, server_id: &str) -> BTreeSet<&String> {
        let ports = self.ports.values().filter(|port| port.device_id == server_id);
        ports.flat_map(|port| &port.groups).collect()
    }

    pub(crate) fn join_group(&mut self, server_id: &str, group_id: &str) -> Result<(), Unchanged> {
        self.change_ports(server_id, |groups| groups.insert(group_id.to_owned()), Unchanged::Member)
    }

    pub(crate) fn leave_group(&mut self, server_id: &str, group_id: &str) -> Result<(), Unchanged> {
        self.change_ports(server_id, |groups| groups.remove(group_id), Unchanged::NotMember)
    }

    /// `otherwise` where `change` changes no port.
    fn change_ports(
        &mut self,
        server_id: &str,
        change: impl Fn(&mut BTreeSet<String>) -> bool,
        otherwise: Unchanged,
    ) -> Result<(), Unchanged> {
        let mut ports = self.ports.values_mut().filter(|port| port.device_id == server_id).peekable();
        if ports.peek().is_none() {
            return Err(Unchanged::NoPorts);
        }
        let changed = ports.map(|port| change(&mut port.groups)).filter(|changed| *changed).count();
        if changed > 0 { Ok(()) } else { Err(otherwise) }
    }
}
