//! Security groups. Their rules are in `rule`, what a rule may say in `traffic`, who is in them in `membership`.

mod membership;
mod protocol;
mod rule;
mod traffic;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::membership::{Unchanged, Unfound};
pub(super) use self::rule::Rule;
pub(super) use self::rule::route as rule_route;
use self::traffic::{INGRESS, Traffic};
use super::attributes::{Attributes, Kind};
use super::quota::Counted;
use super::standard::Standard;
use super::{Networks, Request, list, no_route, require};
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;

const KIND: Kind = Kind {
    one: "security_group",
    many: "security_groups",
    given: &["name", "description", "stateful"],
    changed: &["name", "description", "stateful"],
    shown: &[
        "id",
        "project_id",
        "tenant_id",
        "tags",
        "created_at",
        "updated_at",
        "revision_number",
        "shared",
        "security_group_rules",
    ],
    unfiltered: &["security_group_rules"],
};
/// The group that every project has from its first use of Neutron.
const DEFAULT: &str = "default";

pub(super) struct Group {
    pub(super) standard: Standard,
}

impl Group {
    pub(super) fn is_default(&self) -> bool {
        self.standard.name == DEFAULT
    }
}

impl Networks {
    pub(super) fn group(&self, id: &str, caller: &Caller) -> Result<&Group, Refusal> {
        self.groups.get(id).filter(|group| group.standard.is_seen_by(caller)).ok_or_else(|| not_found(id))
    }

    /// The id of the project's default group, which is made where there is none yet.
    pub(super) fn default_group(&mut self, project_id: &str, now: Timestamp) -> String {
        let own = |group: &&Group| group.standard.project_id == project_id && group.is_default();
        if let Some(group) = self.groups.values().find(own) {
            return group.standard.id.clone();
        }
        let mut standard = Standard::new(DEFAULT, project_id, now);
        "Default security group".clone_into(&mut standard.description);
        let id = self.add_group(standard, now);
        for traffic in Traffic::all(INGRESS, Some(&id)) {
            self.add_rule(Rule::first(&id, project_id, traffic, now));
        }
        id
    }

    /// A new group lets everything out and nothing in.
    fn add_group(&mut self, standard: Standard, now: Timestamp) -> String {
        let (id, project_id) = (standard.id.clone(), standard.project_id.clone());
        self.groups.insert(id.clone(), Group { standard });
        for traffic in Traffic::all("egress", None) {
            self.add_rule(Rule::first(&id, &project_id, traffic, now));
        }
        id
    }

    fn group_view(&self, group: &Group) -> Value {
        let rules = self.rules.values().filter(|rule| rule.group_id == group.standard.id);
        let rules = rules.map(|rule| {
            let mut view = rule.view(group.is_default());
            view["tags"] = json!([]);
            view
        });
        let rules: Vec<Value> = rules.collect();
        group.standard.view(json!({"stateful": true, "shared": false, "security_group_rules": rules}))
    }

    fn shown_group(&self, status: u16, id: &str) -> Outcome {
        let group = self.groups.get(id).ok_or_else(|| not_found(id))?;
        Ok(Answer::json(status, &json!({KIND.one: self.group_view(group)})))
    }
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("Security group {id} does not exist")).kind("SecurityGroupNotFound")
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            // A list makes the default group of the project that it is about.
            let about = request.call.query("project_id").filter(|_| request.caller.admin);
            networks.default_group(about.unwrap_or(&request.caller.project_id), request.now);
            let seen = networks.groups.values().filter(|group| group.standard.is_seen_by(request.caller));
            list::answer(request.call, &KIND, seen.map(|group| networks.group_view(group)))
        }
        ("POST", []) => create(networks, request),
        ("GET", [id]) => {
            networks.group(id, request.caller)?;
            networks.shown_group(200, id)
        }
        ("PUT", [id]) => update(networks, request, id),
        ("DELETE", [id]) => delete(networks, request, id),
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(request.caller.member, "create_security_group")?;
    let standard = Standard::asked(request, &attributes)?;
    networks.default_group(&request.caller.project_id, request.now);
    if standard.name == DEFAULT {
        return Err(second_default());
    }
    networks.check_quota(&request.caller.project_id, Counted::Group)?;
    let id = networks.add_group(standard, request.now);
    networks.shown_group(201, &id)
}

fn second_default() -> Refusal {
    Refusal::conflict("Default security group already exists.").kind("SecurityGroupDefaultAlreadyExists")
}

fn update(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    let group = networks.group(id, request.caller)?;
    require(group.standard.is_changed_by(request.caller), "update_security_group")?;
    match attributes.text("name")? {
        Some(name) if group.is_default() && name != DEFAULT => {
            let message = "Updating default security group not allowed.";
            return Err(Refusal::conflict(message).kind("SecurityGroupCannotUpdateDefault"));
        }
        Some(DEFAULT) if !group.is_default() => return Err(second_default()),
        _ => {}
    }
    let group = networks.groups.get_mut(id).ok_or_else(|| not_found(id))?;
    group.standard.change(&attributes, request.now)?;
    networks.shown_group(200, id)
}

/// Its rules go with it, and those of other groups that name it.
fn delete(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let group = networks.group(id, request.caller)?;
    require(group.standard.is_changed_by(request.caller), "delete_security_group")?;
    if group.is_default() && !request.caller.admin {
        let message = "Insufficient rights for removing default security group.";
        return Err(Refusal::conflict(message).kind("SecurityGroupCannotRemoveDefault"));
    }
    if networks.ports.values().any(|port| port.groups.contains(id)) {
        return Err(Refusal::conflict(format!("Security Group {id} in use.")).kind("SecurityGroupInUse"));
    }
    networks.groups.remove(id);
    networks.rules.retain(|_, rule| rule.group_id != id && rule.remote_group() != Some(id));
    Ok(Answer::empty(204))
}
