//! A server's security groups, as Nova tells and changes them. The groups are Neutron's.

use serde_json::{Map, Value, json};

use super::server::find;
use super::{require, schema};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::neutron::{Unchanged, Unfound};
use crate::world::World;

/// The ids of the groups that the body of a server's creation names.
pub(super) fn wanted(
    world: &mut World,
    wanted: &Map<String, Value>,
    caller: &Caller,
) -> Result<Vec<String>, Refusal> {
    let mut ids = Vec::new();
    for name in names(wanted) {
        ids.push(world.networks.find_group(name, &caller.project_id, world.now).map_err(
            |why| match why {
                Unfound::Ambiguous => ambiguous(name),
                Unfound::Missing => {
                    Refusal::bad_request(format!("Unable to find security_group with name or id '{name}'"))
                }
            },
        )?);
    }
    Ok(ids)
}

/// The groups that the body of a server's creation names, as it names them.
pub(super) fn names(wanted: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let groups = wanted.get("security_groups").and_then(Value::as_array).into_iter().flatten();
    groups.filter_map(|group| group.get("name").and_then(Value::as_str))
}

fn ambiguous(name: &str) -> Refusal {
    Refusal::conflict(format!(
        "Multiple security_group matches found for name '{name}', use an ID to be more specific."
    ))
}

/// `GET servers/{id}/os-security-groups`
pub(super) fn list(world: &World, caller: &Caller, id: &str) -> Outcome {
    find(world, caller, id)?;
    require(caller.reader, "os-security-groups:list")?;
    let mut groups = world.networks.server_groups(id);
    groups.sort_by_key(|group| group["name"].as_str().map(str::to_owned));
    let names: Vec<Value> = groups.iter().map(|group| group["id"].clone()).collect();
    let named = |id: &Value| names.iter().position(|name| name == id).map(|at| &groups[at]);
    let views = groups.iter().map(|group| view(group, named));
    Ok(Answer::json(200, &json!({"security_groups": views.collect::<Vec<_>>()})))
}

/// Nova's older words for Neutron's group; only what comes in is told.
fn view<'a>(group: &Value, named: impl Fn(&Value) -> Option<&'a Value>) -> Value {
    let rules = group["security_group_rules"].as_array().into_iter().flatten();
    let rules = rules.filter(|rule| rule["direction"] == "ingress").map(|rule| {
        let source = named(&rule["remote_group_id"]);
        let source = source.map(|group| json!({"name": group["name"], "tenant_id": group["tenant_id"]}));
        rule_view(rule, source)
    });
    json!({
        "id": group["id"], "name": group["name"], "description": group["description"],
        "tenant_id": group["tenant_id"], "rules": rules.collect::<Vec<_>>(),
    })
}

fn rule_view(rule: &Value, source: Option<Value>) -> Value {
    let (from, to) = match rule["protocol"].as_str() {
        Some(protocol) if rule["port_range_min"].is_null() && rule["port_range_max"].is_null() => {
            let whole = if matches!(protocol, "tcp" | "udp") { (1, 65_535) } else { (-1, -1) };
            (json!(whole.0), json!(whole.1))
        }
        _ => (rule["port_range_min"].clone(), rule["port_range_max"].clone()),
    };
    let prefix = rule["remote_ip_prefix"].as_str().unwrap_or("0.0.0.0/0");
    let range = if source.is_some() { json!({}) } else { json!({"cidr": prefix}) };
    json!({
        "id": rule["id"], "parent_group_id": rule["security_group_id"], "ip_protocol": rule["protocol"],
        "from_port": from, "to_port": to, "group": source.unwrap_or_else(|| json!({})), "ip_range": range,
    })
}

/// `addSecurityGroup`: on every port, at once and in any state.
pub(super) fn add(world: &mut World, call: &Call, caller: &Caller, id: &str, argument: &Value) -> Outcome {
    let (name, group) = asked(world, caller, id, ("addSecurityGroup", "add"), argument)?;
    world.networks.join_group(id, &group).map_err(|why| unchanged(why, call, id, name, &group))?;
    Ok(Answer::text(202, "application/json", ""))
}

/// `removeSecurityGroup`: a server may be left without any.
pub(super) fn remove(world: &mut World, call: &Call, caller: &Caller, id: &str, argument: &Value) -> Outcome {
    let (name, group) = asked(world, caller, id, ("removeSecurityGroup", "remove"), argument)?;
    world.networks.leave_group(id, &group).map_err(|why| unchanged(why, call, id, name, &group))?;
    Ok(Answer::text(202, "application/json", ""))
}

/// The group that an action names, as it was named and by its id.
fn asked<'a>(
    world: &mut World,
    caller: &Caller,
    id: &str,
    (action, policy): (&str, &str),
    argument: &'a Value,
) -> Result<(&'a str, String), Refusal> {
    let name = named(action, argument)?;
    find(world, caller, id)?;
    require(caller.member, &format!("os-security-groups:{policy}"))?;
    let project = &caller.project_id;
    let group = world.networks.find_group(name, project, world.now).map_err(|why| match why {
        Unfound::Ambiguous => ambiguous(name),
        Unfound::Missing => {
            Refusal::not_found(format!("Security group {name} is not found for project {project}"))
        }
    })?;
    Ok((name, group))
}

fn named<'a>(action: &str, argument: &'a Value) -> Result<&'a str, Refusal> {
    let name = argument.get("name").ok_or_else(|| schema::required(action, argument, "name"))?;
    match name.as_str() {
        Some("") => Err(schema::invalid("name", name, "'' should be non-empty")),
        Some(name) => Ok(name),
        None => Err(schema::invalid("name", name, &format!("{name} is not of type 'string'"))),
    }
}

fn unchanged(why: Unchanged, call: &Call, id: &str, name: &str, group: &str) -> Refusal {
    match why {
        Unchanged::NoPorts => {
            Refusal::not_found(format!("instance_id {id} could not be found as device id on any ports"))
        }
        Unchanged::Member => Refusal::bad_request(format!(
            "Invalid input for security_groups. Reason: Duplicate items in the list: '{group}'.\nNeutron server \
             returns request_ids: ['{}']",
            call.request_id
        )),
        Unchanged::NotMember => {
            Refusal::not_found(format!("Security group {name} not associated with the instance {id}"))
        }
    }
}
