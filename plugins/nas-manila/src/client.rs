//! Who may mount a share: its access rules name addresses, Neutron's ports say which instances have them. Manila does
//! not know who has mounted it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use patchbay_sdk::Error;
use patchbay_sdk::nas::Clients;
use serde::Deserialize;

use crate::manila;
use crate::neutron::{self, Port};
use crate::share::Share;

#[derive(Deserialize)]
struct Rules {
    access_list: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    access_type: String,
    access_to: String,
    state: String,
}

/// The instances that the share's rules let in. A rule that names none counts as unresolved.
pub(crate) async fn of(share: &Share) -> Result<Clients, Error> {
    let answer = manila::get(&["share-access-rules"]).query("share_id", &share.id).ok().await?;
    let mut rules = answer.json::<Rules>()?.access_list;
    rules.retain(Rule::lets_in);
    if rules.is_empty() {
        return Ok(Clients { instance_ids: Vec::new(), unresolved: 0 });
    }
    let network = share.network().await?;
    let ports = if network.is_empty() { Vec::new() } else { neutron::instance_ports(&network).await? };
    Ok(resolve(&rules, &ports))
}

fn resolve(rules: &[Rule], ports: &[Port]) -> Clients {
    let (mut instances, mut unresolved) = (BTreeSet::new(), 0);
    for rule in rules {
        let known = instances_of(rule, ports);
        unresolved += u32::from(known.is_empty());
        instances.extend(known);
    }
    Clients { instance_ids: instances.into_iter().map(str::to_owned).collect(), unresolved }
}

fn instances_of<'a>(rule: &Rule, ports: &'a [Port]) -> Vec<&'a str> {
    let Some(addresses) = rule.addresses() else { return Vec::new() };
    let is_let_in = |port: &&Port| port.fixed_ips.iter().any(|ip| addresses.contains(&ip.ip_address));
    ports.iter().filter(is_let_in).map(|port| port.device_id.as_str()).collect()
}

impl Rule {
    /// One that the backend refused, or that is on its way out, lets nobody in.
    fn lets_in(&self) -> bool {
        !matches!(self.state.as_str(), "error" | "queued_to_deny" | "denying")
    }

    /// None for a rule about users or certificates.
    fn addresses(&self) -> Option<IpNet> {
        let text = Some(self.access_to.as_str()).filter(|_| self.access_type == "ip")?;
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(access_type: &str, access_to: &str, state: &str) -> Rule {
        Rule { access_type: access_type.into(), access_to: access_to.into(), state: state.into() }
    }

    fn ports() -> Vec<Port> {
        let ports = r#"[
            {"id": "p1", "device_id": "vm1", "device_owner": "compute:nova", "fixed_ips": [{"ip_address": "10.5.0.9"}]},
            {"id": "p2", "device_id": "vm2", "device_owner": "compute:nova", "fixed_ips": [{"ip_address": "10.5.0.40"}]}
        ]"#;
        serde_json::from_str(ports).unwrap()
    }

    #[test]
    fn rules_name_instances_or_are_counted() {
        for (access_type, access_to, expected, unresolved) in [
            ("ip", "10.5.0.9", &["vm1"][..], 0),
            ("ip", "10.5.0.0/28", &["vm1"], 0),
            ("ip", "0.0.0.0/0", &["vm1", "vm2"], 0),
            ("ip", "10.5.0.77", &[], 1),
            ("user", "alice", &[], 1),
        ] {
            let found = resolve(&[rule(access_type, access_to, "active")], &ports());
            assert_eq!(
                (found.instance_ids.as_slice(), found.unresolved),
                (&expected.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()[..], unresolved),
                "{access_to}"
            );
        }
    }

    #[test]
    fn an_instance_is_named_once() {
        let rules = [
            rule("ip", "10.5.0.0/24", "active"),
            rule("ip", "10.5.0.9", "active"),
            rule("ip", "10.6.0.1", "active"),
        ];
        let found = resolve(&rules, &ports());
        assert_eq!((found.instance_ids.len(), found.unresolved), (2, 1));
    }

    #[test]
    fn a_rule_that_does_not_hold_lets_nobody_in() {
        for (state, lets_in) in
            [("active", true), ("queued_to_apply", true), ("error", false), ("denying", false)]
        {
            assert_eq!(rule("ip", "10.5.0.9", state).lets_in(), lets_in, "{state}");
        }
    }
}
