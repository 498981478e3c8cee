//! A login: password in, token out.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::assignment::Target;
use super::user::User;
use super::{Caller, Identity, catalogue, unauthenticated};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

/// What a login is for, as ids.
enum Scope {
    Project(String),
    Domain(String),
    None,
}

/// POST /v3/auth/tokens. A wrong password, an unknown user and a scope without a role are one and the same 401.
pub(super) fn create(world: &mut World, call: &Call) -> Outcome {
    let body = call.json().unwrap_or_default();
    let auth =
        body.get("auth").filter(|auth| auth.is_object()).ok_or_else(|| expecting("auth", "request body"))?;
    let wanted = auth.pointer("/identity/password/user").ok_or_else(|| expecting("password", "identity"))?;
    let identity = &mut world.identity;
    let user = identity.user_with_password(wanted).ok_or_else(unauthenticated)?;
    let scope = identity.scope(auth.get("scope"), user).ok_or_else(unauthenticated)?;
    let roles = identity.roles_in(&scope, user).ok_or_else(unauthenticated)?;
    let expires = identity.tokens.expiry(world.now);
    let caller = identity.caller(user, &scope, &roles);
    let token = json!({"token": token_body(identity, &world.base, world.now, expires, user, &scope, &roles)});
    let answer = Answer::json(201, &token);
    let name = identity.tokens.issue(caller, expires, answer.body.clone());
    Ok(answer.with("x-subject-token", &name))
}

fn expecting(what: &str, place: &str) -> Refusal {
    Refusal::bad_request(format!(
        "Expecting to find {what} in {place}. The server could not comply with the request since it is either \
         malformed or otherwise incorrect. The client is assumed to be in error."
    ))
}

impl Identity {
    /// The user that `wanted` names by id or by name and domain, if the password is right and all is enabled.
    fn user_with_password(&self, wanted: &Value) -> Option<&User> {
        let text = |name: &str| wanted.get(name).and_then(Value::as_str);
        let user = match text("id") {
            Some(id) => self.users.get(id)?,
            None => {
                let domain = self.domain_of(wanted)?;
                let name = text("name")?;
                self.users.values().find(|user| user.name == name && user.domain_id == domain)?
            }
        };
        let enabled = user.enabled && self.domains.get(&user.domain_id)?.enabled;
        (enabled && text("password") == Some(user.password.as_str())).then_some(user)
    }

    /// The id of the domain in `{"domain": {"id" | "name": …}}`.
    fn domain_of(&self, named: &Value) -> Option<String> {
        let domain = named.get("domain")?;
        if let Some(id) = domain.get("id").and_then(Value::as_str) {
            return Some(id.to_owned());
        }
        let name = domain.get("name").and_then(Value::as_str)?;
        self.domains.values().find(|domain| domain.name == name).map(|domain| domain.id.clone())
    }

    /// The scope that is asked for; without a word, the user's default project.
    fn scope(&self, wanted: Option<&Value>, user: &User) -> Option<Scope> {
        let Some(wanted) = wanted.filter(|scope| scope.is_object()) else {
            let project = user.default_project_id.clone().filter(|id| self.projects.contains_key(id));
            return Some(project.map_or(Scope::None, Scope::Project));
        };
        let Some(project) = wanted.get("project") else {
            return self.domain_of(wanted).filter(|id| self.domains.contains_key(id)).map(Scope::Domain);
        };
        if let Some(id) = project.get("id").and_then(Value::as_str) {
            return Some(Scope::Project(id.to_owned()));
        }
        let domain = self.domain_of(project)?;
        let name = project.get("name").and_then(Value::as_str)?;
        let project = self.projects.values().find(|p| p.name == name && p.domain_id == domain)?;
        Some(Scope::Project(project.id.clone()))
    }

    /// The roles that count in the scope; `None` where there are none, or what is asked for is disabled.
    fn roles_in(&self, scope: &Scope, user: &User) -> Option<BTreeSet<String>> {
        let target = match scope {
            Scope::None => return Some(BTreeSet::new()),
            Scope::Project(id) => {
                let project = self.projects.get(id).filter(|project| project.enabled)?;
                self.domains.get(&project.domain_id).filter(|domain| domain.enabled)?;
                Target::Project(id)
            }
            Scope::Domain(id) => Target::Domain(id),
        };
        let roles = self.with_implied(self.assigned(target, &user.id));
        (!roles.is_empty()).then_some(roles)
    }

    fn caller(&self, user: &User, scope: &Scope, roles: &BTreeSet<String>) -> Caller {
        let has =
            |name: &str| roles.iter().any(|id| self.roles.get(id).is_some_and(|role| role.name == name));
        Caller {
            user_id: user.id.clone(),
            domain_id: user.domain_id.clone(),
            project_id: if let Scope::Project(id) = scope { id.clone() } else { String::new() },
            admin: has("admin"),
            member: has("member"),
            reader: has("reader"),
        }
    }
}

fn token_body(
    identity: &Identity,
    base: &str,
    now: Timestamp,
    expires: Timestamp,
    user: &User,
    scope: &Scope,
    roles: &BTreeSet<String>,
) -> Value {
    let time = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string();
    let domain = |id: &str| identity.domains.get(id).map(super::domain::Domain::short);
    let mut token = Map::new();
    token.insert("methods".into(), json!(["password"]));
    token.insert("audit_ids".into(), json!([&Uuid::new_v4().simple().to_string()[..22]]));
    token.insert("issued_at".into(), json!(time(now)));
    token.insert("expires_at".into(), json!(time(expires)));
    let user_domain = domain(&user.domain_id);
    let user = json!({"id": user.id, "name": user.name, "domain": user_domain, "password_expires_at": null});
    token.insert("user".into(), user);
    let mut project_id = "";
    match scope {
        Scope::None => return Value::Object(token),
        Scope::Domain(id) => _ = token.insert("domain".into(), json!(domain(id))),
        Scope::Project(id) => {
            project_id = id;
            let project = identity.projects.get(id);
            let project =
                project.map(|p| json!({"id": p.id, "name": p.name, "domain": domain(&p.domain_id)}));
            token.insert("project".into(), json!(project));
            token.insert("is_domain".into(), json!(false));
        }
    }
    let roles = roles.iter().filter_map(|id| identity.roles.get(id));
    let roles: Vec<Value> = roles.map(|role| json!({"id": role.id, "name": role.name})).collect();
    token.insert("roles".into(), json!(roles));
    token.insert("catalog".into(), json!(catalogue::catalogue(identity, base, project_id)));
    Value::Object(token)
}
