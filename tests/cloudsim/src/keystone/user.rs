//! Users: create, list, show, update (password and enabled), delete.

use serde_json::{Value, json};

use super::{Caller, Identity, body_object, list, new_id, no_method, not_found, passes, require_admin, text};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) domain_id: String,
    pub(super) password: String,
    pub(super) enabled: bool,
    description: Option<String>,
    /// The scope of a login that asks for none.
    pub(super) default_project_id: Option<String>,
}

impl User {
    pub(super) fn new(name: &str, domain_id: &str, password: &str) -> Self {
        Self {
            id: new_id(),
            name: name.to_owned(),
            domain_id: domain_id.to_owned(),
            password: password.to_owned(),
            enabled: true,
            description: None,
            default_project_id: None,
        }
    }

    /// Optional fields are there only where they were given, as Keystone writes them.
    fn view(&self, base: &str) -> Value {
        let mut view = json!({
            "id": self.id, "name": self.name, "domain_id": self.domain_id, "enabled": self.enabled,
            "password_expires_at": null, "options": {},
            "links": {"self": format!("{base}/identity/v3/users/{}", self.id)},
        });
        if let Some(description) = &self.description {
            view["description"] = json!(description);
        }
        if let Some(project) = &self.default_project_id {
            view["default_project_id"] = json!(project);
        }
        view
    }

    fn set(&mut self, body: &Value) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(password) = text("password") {
            self.password = password;
        }
        if let Some(description) = text("description") {
            self.description = Some(description);
        }
        if let Some(project) = text("default_project_id") {
            self.default_project_id = Some(project);
        }
        if let Some(enabled) = body.get("enabled").and_then(Value::as_bool) {
            self.enabled = enabled;
        }
    }
}

impl Identity {
    /// The user, its assignments and its tokens.
    pub(super) fn remove_user(&mut self, id: &str) {
        self.users.remove(id);
        self.assignments.retain(|assignment| assignment.user_id != id);
        self.tokens.revoke(|caller| caller.user_id == id);
    }
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            require_admin(caller, "list_users")?;
            let users = world.identity.users.values();
            let users = users.filter(|user| passes(call, &user.name, Some(&user.domain_id)));
            Ok(list(world, call, "users", users.map(|user| user.view(&world.base))))
        }
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => show(world, caller, id),
        ("PATCH", [id]) => update(world, call, caller, id),
        ("DELETE", [id]) => {
            require_admin(caller, "delete_user")?;
            world.identity.users.get(*id).ok_or_else(|| not_found("user", id))?;
            world.identity.remove_user(id);
            Ok(Answer::empty(204))
        }
        _ => Ok(no_method()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let body = body_object(call, "user")?;
    let name = text(&body, "user", "name")?;
    require_admin(caller, "create_user")?;
    let domain_id = body.get("domain_id").and_then(Value::as_str).unwrap_or(&caller.domain_id).to_owned();
    if !world.identity.domains.contains_key(&domain_id) {
        return Err(Refusal::bad_request(format!("Could not find domain: {domain_id}.")));
    }
    if world.identity.users.values().any(|user| user.name == name && user.domain_id == domain_id) {
        return Err(Refusal::conflict(format!(
            "Conflict occurred attempting to store user - Duplicate entry found with name {name} at domain ID \
             {domain_id}."
        )));
    }
    let mut user = User::new(&name, &domain_id, "");
    user.set(&body);
    let view = user.view(&world.base);
    world.identity.users.insert(user.id.clone(), user);
    Ok(Answer::json(201, &json!({"user": view})))
}

fn show(world: &World, caller: &Caller, id: &str) -> Outcome {
    if caller.user_id != id {
        require_admin(caller, "get_user")?;
    }
    let user = world.identity.users.get(id).ok_or_else(|| not_found("user", id))?;
    Ok(Answer::json(200, &json!({"user": user.view(&world.base)})))
}

/// A new password ends the tokens that the old one got.
fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    require_admin(caller, "update_user")?;
    let body = body_object(call, "user")?;
    let user = world.identity.users.get_mut(id).ok_or_else(|| not_found("user", id))?;
    user.set(&body);
    let answer = Answer::json(200, &json!({"user": user.view(&world.base)}));
    if body.get("password").is_some() || !user.enabled {
        world.identity.tokens.revoke(|caller| caller.user_id == id);
    }
    Ok(answer)
}
