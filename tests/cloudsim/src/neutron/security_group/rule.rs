//! Rules of security groups, made one by one or many at once: all of them or none.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::attributes::{Attributes, Kind};
use super::super::quota::Counted;
use super::super::{Networks, Request, bad_request, list, no_route, require};
use super::not_found;
use super::traffic::Traffic;
use crate::call::{Answer, Outcome, Refusal};
use crate::control::Resource;
use crate::keystone::Caller;
use crate::world::{seconds, uuid};

const KIND: Kind = Kind {
    one: "security_group_rule",
    many: "security_group_rules",
    given: &[
        "security_group_id",
        "description",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group_id",
    ],
    changed: &["description"],
    shown: &[
        "id",
        "project_id",
        "tenant_id",
        "created_at",
        "updated_at",
        "revision_number",
        "normalized_cidr",
        "belongs_to_default_sg",
    ],
    unfiltered: &[],
};

pub(in super::super) struct Rule {
    id: String,
    pub(super) group_id: String,
    pub(in super::super) project_id: String,
    traffic: Traffic,
    /// Absent where Neutron made the rule.
    description: Option<String>,
    created: Timestamp,
}

impl Rule {
    /// One that a group has from the start.
    pub(super) fn first(group_id: &str, project_id: &str, traffic: Traffic, now: Timestamp) -> Self {
        Self {
            id: uuid(),
            group_id: group_id.to_owned(),
            project_id: project_id.to_owned(),
            traffic,
            description: None,
            created: now,
        }
    }

    pub(super) fn remote_group(&self) -> Option<&str> {
        self.traffic.group.as_deref()
    }

    /// For the control handle; nothing where Neutron made it.
    pub(in super::super) fn resource(&self) -> Option<Resource> {
        self.description.as_ref().map(|_| Resource {
            kind: KIND.one.to_owned(),
            id: self.id.clone(),
            name: String::new(),
            project_id: self.project_id.clone(),
            status: String::new(),
        })
    }

    fn is_seen_by(&self, caller: &Caller) -> bool {
        caller.admin || caller.reader && self.project_id == caller.project_id
    }

    pub(super) fn view(&self, of_default: bool) -> Value {
        let Traffic { direction, ethertype, protocol, port_min, port_max, prefix, group } = &self.traffic;
        json!({
            "id": self.id, "project_id": self.project_id, "tenant_id": self.project_id,
            "security_group_id": self.group_id, "ethertype": ethertype, "direction": direction,
            "protocol": protocol, "port_range_min": port_min, "port_range_max": port_max,
            "remote_ip_prefix": prefix, "remote_address_group_id": null,
            "normalized_cidr": self.traffic.normalized(), "remote_group_id": group,
            "belongs_to_default_sg": of_default, "description": self.description,
            "created_at": seconds(self.created), "updated_at": seconds(self.created), "revision_number": 0,
        })
    }
}

impl Networks {
    pub(super) fn add_rule(&mut self, rule: Rule) {
        self.rules.insert(rule.id.clone(), rule);
    }

    fn rule(&self, id: &str) -> Result<&Rule, Refusal> {
        let message = format!("Security group rule {id} does not exist");
        self.rules.get(id).ok_or_else(|| Refusal::not_found(message).kind("SecurityGroupRuleNotFound"))
    }

    fn rule_view(&self, rule: &Rule) -> Value {
        rule.view(self.groups.get(&rule.group_id).is_some_and(super::Group::is_default))
    }
}

pub(in super::super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let seen = networks.rules.values().filter(|rule| rule.is_seen_by(request.caller));
            list::answer(request.call, &KIND, seen.map(|rule| networks.rule_view(rule)))
        }
        ("POST", []) => create(networks, request),
        ("GET", [id]) => {
            let rule = networks.rule(id)?;
            // Somebody else's is not even a rule.
            let rule = Some(rule).filter(|rule| rule.is_seen_by(request.caller)).ok_or_else(no_route)?;
            Ok(Answer::json(200, &json!({KIND.one: networks.rule_view(rule)})))
        }
        ("DELETE", [id]) => {
            let seen = networks.rule(id)?.is_seen_by(request.caller);
            if !seen {
                return Err(no_route());
            }
            require(request.caller.member, "delete_security_group_rule")?;
            networks.rules.remove(*id);
            Ok(Answer::empty(204))
        }
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let body = request.call.json().unwrap_or_default();
    let many = body.get(KIND.many).and_then(Value::as_array);
    let asked = match many {
        Some(rules) => rules.iter().map(one).collect::<Result<Vec<_>, _>>()?,
        None => vec![Attributes::of(request.call, &KIND)?],
    };
    let rules = asked.iter().map(|attributes| said(request, attributes)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = rules.first() else { return Err(bad_request("Resources required")) };
    for rule in &rules {
        let group = networks.groups.get(&rule.group_id).ok_or_else(|| not_found(&rule.group_id))?;
        require(group.standard.is_changed_by(request.caller), "create_security_group_rule")?;
    }
    if rules.iter().any(|rule| rule.group_id != first.group_id) {
        let message = "Only allowed to update rules for one security profile at a time";
        return Err(Refusal::bad_request(message).kind("SecurityGroupNotSingleGroupRules"));
    }
    networks.check_quota(&request.caller.project_id, Counted::Rules(rules.len()))?;
    check(networks, request.caller, &rules)?;
    let views: Vec<Value> = rules.iter().map(|rule| networks.rule_view(rule)).collect();
    let answer = if many.is_some() { json!({KIND.many: views}) } else { json!({KIND.one: views[0]}) };
    for rule in rules {
        networks.add_rule(rule);
    }
    Ok(Answer::json(201, &answer))
}

fn one(rule: &Value) -> Result<Attributes, Refusal> {
    let object = rule.as_object().cloned().ok_or_else(|| bad_request("Invalid body"))?;
    Attributes::checked(object, &KIND, true)
}

fn said(request: &Request<'_>, attributes: &Attributes) -> Result<Rule, Refusal> {
    let group_id = attributes.required("security_group_id")?.as_str().unwrap_or_default();
    let traffic = Traffic::of(attributes)?;
    let description = attributes.text("description")?.unwrap_or_default();
    let rule = Rule::first(group_id, &request.caller.project_id, traffic, request.now);
    Ok(Rule { description: Some(description.to_owned()), ..rule })
}

/// All rules are of one group. None may be there twice.
fn check(networks: &Networks, caller: &Caller, rules: &[Rule]) -> Result<(), Refusal> {
    for rule in rules {
        rule.traffic.check()?;
        if let Some(group) = rule.remote_group() {
            networks.group(group, caller)?;
        }
    }
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at].iter().any(|other| other.traffic.is_same_as(&rule.traffic)) {
            let message = "Duplicate Security Group Rule in POST.";
            return Err(Refusal::conflict(message).kind("DuplicateSecurityGroupRuleInPost"));
        }
    }
    for rule in rules {
        let mut own = networks.rules.values().filter(|other| other.group_id == rule.group_id);
        if let Some(other) = own.find(|other| other.traffic.is_same_as(&rule.traffic)) {
            let message = format!("Security group rule already exists. Rule id is {}.", other.id);
            return Err(Refusal::conflict(message).kind("SecurityGroupRuleExists"));
        }
    }
    Ok(())
}
