//! Domains: create, list, show, disable, delete with all that is in them.

use serde_json::{Value, json};

use super::{Caller, body_object, list, new_id, no_method, not_found, passes, require_admin, text};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

pub(super) struct Domain {
    pub(super) id: String,
    pub(super) name: String,
    description: String,
    pub(super) enabled: bool,
}

impl Domain {
    pub(super) fn first() -> Self {
        Self {
            id: super::DEFAULT_DOMAIN.to_owned(),
            name: "Default".to_owned(),
            description: "The default domain".to_owned(),
            enabled: true,
        }
    }

    /// `{id, name}`, as tokens name it.
    pub(super) fn short(&self) -> Value {
        json!({"id": self.id, "name": self.name})
    }

    fn view(&self, base: &str) -> Value {
        json!({
            "id": self.id, "name": self.name, "description": self.description, "enabled": self.enabled,
            "tags": [], "options": {}, "links": {"self": format!("{base}/identity/v3/domains/{}", self.id)},
        })
    }
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            require_admin(caller, "list_domains")?;
            let domains = world.identity.domains.values().filter(|domain| passes(call, &domain.name, None));
            Ok(list(world, call, "domains", domains.map(|domain| domain.view(&world.base))))
        }
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => show(world, caller, id),
        ("PATCH", [id]) => update(world, call, caller, id),
        ("DELETE", [id]) => delete(world, caller, id),
        _ => Ok(no_method()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let body = body_object(call, "domain")?;
    let name = text(&body, "domain", "name")?;
    require_admin(caller, "create_domain")?;
    if world.identity.domains.values().any(|domain| domain.name == name) {
        return Err(Refusal::conflict(format!(
            "Conflict occurred attempting to store project - it is not permitted to have two projects acting as \
             domains with the same name: {name}."
        )));
    }
    let description = body.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    let domain = Domain { id: new_id(), name, description, enabled };
    let view = domain.view(&world.base);
    world.identity.domains.insert(domain.id.clone(), domain);
    Ok(Answer::json(201, &json!({"domain": view})))
}

fn show(world: &World, caller: &Caller, id: &str) -> Outcome {
    if caller.domain_id != id {
        require_admin(caller, "get_domain")?;
    }
    let domain = world.identity.domains.get(id).ok_or_else(|| not_found("domain", id))?;
    Ok(Answer::json(200, &json!({"domain": domain.view(&world.base)})))
}

fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    require_admin(caller, "update_domain")?;
    let body = body_object(call, "domain")?;
    let domain = world.identity.domains.get_mut(id).ok_or_else(|| not_found("domain", id))?;
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        name.clone_into(&mut domain.name);
    }
    if let Some(description) = body.get("description").and_then(Value::as_str) {
        description.clone_into(&mut domain.description);
    }
    if let Some(enabled) = body.get("enabled").and_then(Value::as_bool) {
        domain.enabled = enabled;
    }
    let answer = Answer::json(200, &json!({"domain": domain.view(&world.base)}));
    if !domain.enabled {
        world.identity.tokens.revoke(|caller| caller.domain_id == id);
    }
    Ok(answer)
}

/// Takes the domain's projects and users along; their servers and volumes are not looked at.
fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    require_admin(caller, "delete_domain")?;
    let identity = &mut world.identity;
    let domain = identity.domains.get(id).ok_or_else(|| not_found("domain", id))?;
    if domain.enabled {
        return Err(Refusal::forbidden("Cannot delete a domain that is enabled, please disable it first."));
    }
    let projects = identity.projects.values().filter(|project| project.domain_id == id);
    for project in projects.map(|project| project.id.clone()).collect::<Vec<_>>() {
        identity.remove_project(&project);
    }
    let users = identity.users.values().filter(|user| user.domain_id == id);
    for user in users.map(|user| user.id.clone()).collect::<Vec<_>>() {
        identity.remove_user(&user);
    }
    identity.domains.remove(id);
    identity.assignments.retain(|assignment| assignment.target_id != id);
    Ok(Answer::empty(204))
}
