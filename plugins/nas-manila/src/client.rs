//! Who may mount a share: its access rules name addresses, Neutron's ports say which instances have them. Manila does
//! not know who has mounted it.

use std::net::IpAddr;

use ipnet::IpNet;
use patchbay_sdk::Error;
use patchbay_sdk::field::{Items, Text};
use patchbay_sdk::nas::{Clients, client};
use serde::Deserialize;

use crate::manila;
use crate::share::Share;

#[derive(Deserialize)]
struct Rules {
    access_list: Items<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    access_type: Text,
    access_to: Text,
    state: Text,
}

/// The instances that the share's rules let in. A rule that names none counts as unresolved.
pub(crate) async fn of(share: &Share) -> Result<Clients, Error> {
    let answer = manila::get(&["share-access-rules"]).query("share_id", &share.id).ok().await?;
    let mut rules = Vec::from(answer.json::<Rules>()?.access_list);
    rules.retain(Rule::lets_in);
    let network = if rules.is_empty() { String::new() } else { share.network().await? };
    client::resolve(&rules.iter().map(Rule::addresses).collect::<Vec<_>>(), &network).await
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

    #[test]
    fn a_rule_about_addresses_has_some() {
        for (access_type, access_to, addresses) in [
            ("ip", "10.5.0.9", Some("10.5.0.9/32")),
            ("ip", "10.5.0.0/28", Some("10.5.0.0/28")),
            ("user", "alice", None),
        ] {
            let found = rule(access_type, access_to, "active").addresses().map(|found| found.to_string());
            assert_eq!(found.as_deref(), addresses, "{access_to}");
        }
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
