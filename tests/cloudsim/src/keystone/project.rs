//! Projects: create, list, show, update, delete.

use serde_json::{Value, json};

use super::{Caller, Identity, body_object, list, new_id, no_method, not_found, passes, require_admin, text};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) domain_id: String,
    description: String,
    pub(super) enabled: bool,
}

impl Project {
    pub(super) fn new(name: &str, domain_id: &str) -> Self {
        Self {
            id: new_id(),
            name: name.to_owned(),
            domain_id: domain_id.to_owned(),
            description: String::new(),
            enabled: true,
        }
    }

    pub(super) fn view(&self, base: &str) -> Value {
        json!({
            "id": self.id, "name": self.name, "domain_id": self.domain_id, "description": self.description,
            "enabled": self.enabled, "parent_id": self.domain_id, "is_domain": false, "tags": [], "options": {},
            "links": {"self": format!("{base}/identity/v3/projects/{}", self.id)},
        })
    }
}

impl Identity {
    /// The project, its assignments and the tokens for it. What it owns in other services stays.
    pub(super) fn remove_project(&mut self, id: &str) {
        self.projects.remove(id);
        self.assignments.retain(|assignment| assignment.target_id != id);
        self.tokens.revoke(|caller| caller.project_id == id);
    }
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            require_admin(caller, "list_projects")?;
            let projects = world.identity.projects.values();
            let projects = projects.filter(|project| passes(call, &project.name, Some(&project.domain_id)));
            Ok(list(world, call, "projects", projects.map(|project| project.view(&world.base))))
        }
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => show(world, caller, id),
        ("PATCH", [id]) => update(world, call, caller, id),
        ("DELETE", [id]) => {
            require_admin(caller, "delete_project")?;
            world.identity.projects.get(*id).ok_or_else(|| not_found("project", id))?;
            world.identity.remove_project(id);
            Ok(Answer::empty(204))
        }
        _ => Ok(no_method()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let body = body_object(call, "project")?;
    let name = text(&body, "project", "name")?;
    require_admin(caller, "create_project")?;
    let domain_id = body.get("domain_id").and_then(Value::as_str).unwrap_or(&caller.domain_id).to_owned();
    if !world.identity.domains.contains_key(&domain_id) {
        return Err(Refusal::bad_request(format!("Could not find domain: {domain_id}.")));
    }
    let twin = |project: &&Project| project.name == name && project.domain_id == domain_id;
    if let Some(project) = world.identity.projects.values().find(twin) {
        return Err(Refusal::conflict(format!(
            "Conflict occurred attempting to store project - it is not permitted to have two projects with either \
             the same name or same id in the same domain: name is {name}, project id {}.",
            project.id
        )));
    }
    let mut project = Project::new(&name, &domain_id);
    project.description = body.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let view = project.view(&world.base);
    world.identity.projects.insert(project.id.clone(), project);
    Ok(Answer::json(201, &json!({"project": view})))
}

fn show(world: &World, caller: &Caller, id: &str) -> Outcome {
    if caller.project_id != id {
        require_admin(caller, "get_project")?;
    }
    let project = world.identity.projects.get(id).ok_or_else(|| not_found("project", id))?;
    Ok(Answer::json(200, &json!({"project": project.view(&world.base)})))
}

fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    require_admin(caller, "update_project")?;
    let body = body_object(call, "project")?;
    let project = world.identity.projects.get_mut(id).ok_or_else(|| not_found("project", id))?;
    if let Some(description) = body.get("description").and_then(Value::as_str) {
        description.clone_into(&mut project.description);
    }
    if let Some(enabled) = body.get("enabled").and_then(Value::as_bool) {
        project.enabled = enabled;
    }
    let answer = Answer::json(200, &json!({"project": project.view(&world.base)}));
    if !project.enabled {
        world.identity.tokens.revoke(|caller| caller.project_id == id);
    }
    Ok(answer)
}
