//! Roles and which role implies which.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Caller, Identity, body_object, invalid, list, new_id, no_method, not_found, passes, require_admin, text,
};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

pub(super) struct Role {
    pub(super) id: String,
    pub(super) name: String,
    description: Option<String>,
    immutable: bool,
}

impl Role {
    /// One of the cloud's own, which cannot be deleted.
    pub(super) fn immutable(name: &str) -> Self {
        Self { id: new_id(), name: name.to_owned(), description: None, immutable: true }
    }

    fn view(&self, base: &str) -> Value {
        let options = if self.immutable { json!({"immutable": true}) } else { json!({}) };
        json!({
            "id": self.id, "name": self.name, "domain_id": null, "description": self.description,
            "options": options, "links": self.links(base),
        })
    }

    /// As inferences name it.
    fn short(&self, base: &str) -> Value {
        json!({"id": self.id, "name": self.name, "links": self.links(base)})
    }

    fn links(&self, base: &str) -> Value {
        json!({"self": format!("{base}/identity/v3/roles/{}", self.id)})
    }
}

impl Identity {
    pub(super) fn role_id(&self, name: &str) -> Option<String> {
        self.roles.values().find(|role| role.name == name).map(|role| role.id.clone())
    }

    /// These roles and all that they imply, directly or not.
    pub(super) fn with_implied(&self, mut ids: BTreeSet<String>) -> BTreeSet<String> {
        let mut open: Vec<String> = ids.iter().cloned().collect();
        while let Some(id) = open.pop() {
            for (_, implied) in self.implied.iter().filter(|(prior, _)| *prior == id) {
                if ids.insert(implied.clone()) {
                    open.push(implied.clone());
                }
            }
        }
        ids
    }

    pub(super) fn role_views(&self, base: &str, ids: &BTreeSet<String>) -> Vec<Value> {
        ids.iter().filter_map(|id| self.roles.get(id)).map(|role| role.view(base)).collect()
    }
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            require_admin(caller, "list_roles")?;
            let roles = world.identity.roles.values().filter(|role| passes(call, &role.name, None));
            Ok(list(world, call, "roles", roles.map(|role| role.view(&world.base))))
        }
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => {
            require_admin(caller, "get_role")?;
            let role = world.identity.roles.get(*id).ok_or_else(|| not_found("role", id))?;
            Ok(Answer::json(200, &json!({"role": role.view(&world.base)})))
        }
        ("DELETE", [id]) => delete(world, caller, id),
        ("GET", [prior, "implies"]) => implied(world, caller, prior),
        (method, [prior, "implies", implied]) => implication(world, caller, method, prior, implied),
        _ => Ok(no_method()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let body = body_object(call, "role")?;
    let name = text(&body, "role", "name")?;
    let description = description(&body)?;
    require_admin(caller, "create_role")?;
    if world.identity.role_id(&name).is_some() {
        let message =
            format!("Conflict occurred attempting to store role - Duplicate entry found with name {name}.");
        return Err(Refusal::conflict(message));
    }
    let role = Role { id: new_id(), name, description, immutable: false };
    let view = role.view(&world.base);
    world.identity.roles.insert(role.id.clone(), role);
    Ok(Answer::json(201, &json!({"role": view})))
}

/// A role, other than a project, may have none, which is not an empty one.
fn description(role: &Value) -> Result<Option<String>, Refusal> {
    match role.get("description") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(value) => {
            Err(invalid("description", value, &format!("{value} is not of type 'string', 'null'")))
        }
    }
}

fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    require_admin(caller, "delete_role")?;
    let identity = &mut world.identity;
    let role = identity.roles.get(id).ok_or_else(|| not_found("role", id))?;
    if role.immutable {
        return Err(Refusal::forbidden(format!(
            "Unable to delete immutable role resource: `{id}. Set resource option \"immutable\" to false first."
        )));
    }
    identity.roles.remove(id);
    identity.implied.retain(|(prior, implied)| prior != id && implied != id);
    identity.assignments.retain(|assignment| assignment.role_id != id);
    Ok(Answer::empty(204))
}

fn implied(world: &World, caller: &Caller, prior: &str) -> Outcome {
    require_admin(caller, "list_implied_roles")?;
    let role = world.identity.roles.get(prior).ok_or_else(|| not_found("role", prior))?;
    let link = format!("{}/identity/v3/roles/{prior}/implies", world.base);
    let inference = inference(world, role);
    Ok(Answer::json(200, &json!({"role_inference": inference, "links": {"self": link}})))
}

/// A role and everything that it implies directly.
fn inference(world: &World, prior: &Role) -> Value {
    let implied = world.identity.implied.iter().filter(|(from, _)| *from == prior.id);
    let implied = implied.filter_map(|(_, to)| world.identity.roles.get(to));
    let implied: Vec<Value> = implied.map(|role| role.short(&world.base)).collect();
    json!({"prior_role": prior.short(&world.base), "implies": implied})
}

pub(super) fn inferences(world: &World, caller: &Caller) -> Outcome {
    require_admin(caller, "list_role_inference_rules")?;
    let priors: BTreeSet<&String> = world.identity.implied.iter().map(|(prior, _)| prior).collect();
    let roles = priors.into_iter().filter_map(|id| world.identity.roles.get(id));
    let inferences: Vec<Value> = roles.map(|role| inference(world, role)).collect();
    Ok(Answer::json(200, &json!({"role_inferences": inferences})))
}

fn implication(world: &mut World, caller: &Caller, method: &str, prior: &str, implied: &str) -> Outcome {
    require_admin(caller, "create_implied_role")?;
    let roles = &world.identity.roles;
    let from = roles.get(prior).ok_or_else(|| not_found("role", prior))?.short(&world.base);
    let to = roles.get(implied).ok_or_else(|| not_found("role", implied))?.short(&world.base);
    let link = format!("{}/identity/v3/roles/{prior}/implies/{implied}", world.base);
    let view = json!({"role_inference": {"prior_role": from, "implies": to}, "links": {"self": link}});
    let pair = (prior.to_owned(), implied.to_owned());
    let known = world.identity.implied.contains(&pair);
    match method {
        "PUT" if known => {
            Err(Refusal::conflict("Conflict occurred attempting to store implied_role - Duplicate entry."))
        }
        "PUT" => {
            world.identity.implied.insert(pair);
            Ok(Answer::json(201, &view))
        }
        _ if !known => Err(Refusal::not_found(format!("{prior} does not imply {implied}."))),
        "GET" => Ok(Answer::json(200, &view)),
        "HEAD" => Ok(Answer::empty(204)),
        "DELETE" => {
            world.identity.implied.remove(&pair);
            Ok(Answer::empty(204))
        }
        _ => Ok(no_method()),
    }
}
