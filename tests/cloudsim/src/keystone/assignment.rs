//! Who has which role where.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Caller, Identity, list as links_around, no_method, not_found, require_admin};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

/// What a role is given on.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Domain(&'a str),
    Project(&'a str),
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Assignment {
    on_project: bool,
    pub(super) target_id: String,
    pub(super) user_id: String,
    pub(super) role_id: String,
}

impl Assignment {
    pub(super) fn on_project(project: &str, user: &str, role: &str) -> Self {
        Self::new(Target::Project(project), user, role)
    }

    fn new(target: Target<'_>, user: &str, role: &str) -> Self {
        let (on_project, target_id) = match target {
            Target::Domain(id) => (false, id),
            Target::Project(id) => (true, id),
        };
        let (target_id, user_id, role_id) = (target_id.to_owned(), user.to_owned(), role.to_owned());
        Self { on_project, target_id, user_id, role_id }
    }

    fn view(&self, base: &str) -> Value {
        let Self { on_project, target_id, user_id, role_id } = self;
        let (kind, kinds) = if *on_project { ("project", "projects") } else { ("domain", "domains") };
        let link = format!("{base}/identity/v3/{kinds}/{target_id}/users/{user_id}/roles/{role_id}");
        json!({
            "links": {"assignment": link}, "scope": {kind: {"id": target_id}},
            "user": {"id": user_id}, "role": {"id": role_id},
        })
    }
}

impl Identity {
    /// The roles that a user was given there, without the implied ones.
    pub(super) fn assigned(&self, target: Target<'_>, user: &str) -> BTreeSet<String> {
        let wanted = Assignment::new(target, user, "");
        let matches = |a: &&Assignment| {
            a.on_project == wanted.on_project && a.target_id == wanted.target_id && a.user_id == user
        };
        self.assignments.iter().filter(matches).map(|a| a.role_id.clone()).collect()
    }

    fn check_target(&self, target: Target<'_>) -> Result<(), Refusal> {
        match target {
            Target::Domain(id) if !self.domains.contains_key(id) => Err(not_found("domain", id)),
            Target::Project(id) if !self.projects.contains_key(id) => Err(not_found("project", id)),
            _ => Ok(()),
        }
    }
}

/// `/projects/{id}/users/{id}/roles[/{id}]`, and the same below domains.
pub(super) fn route(
    world: &mut World,
    call: &Call,
    caller: &Caller,
    target: Target<'_>,
    user: &str,
    rest: &[&str],
) -> Outcome {
    require_admin(caller, "create_grant")?;
    let identity = &mut world.identity;
    if let [role] = rest {
        identity.roles.get(*role).ok_or_else(|| not_found("role", role))?;
    }
    identity.users.get(user).ok_or_else(|| not_found("user", user))?;
    identity.check_target(target)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let roles = identity.role_views(&world.base, &identity.assigned(target, user));
            Ok(links_around(world, call, "roles", roles.into_iter()))
        }
        (method, [role]) => change(identity, method, Assignment::new(target, user, role)),
        _ => Ok(no_method()),
    }
}

fn change(identity: &mut Identity, method: &str, assignment: Assignment) -> Outcome {
    let known = identity.assignments.contains(&assignment);
    match method {
        "PUT" => {
            identity.assignments.insert(assignment);
        }
        _ if !known => return Err(no_assignment(&assignment)),
        "GET" | "HEAD" => {}
        "DELETE" => {
            identity.assignments.remove(&assignment);
            let Assignment { target_id, user_id, .. } = assignment;
            identity.tokens.revoke(|caller| caller.user_id == user_id && caller.project_id == target_id);
        }
        _ => return Ok(no_method()),
    }
    Ok(Answer::empty(204))
}

fn no_assignment(assignment: &Assignment) -> Refusal {
    let Assignment { target_id, user_id, role_id, .. } = assignment;
    Refusal::not_found(format!(
        "Could not find role assignment with role: {role_id}, user or group: {user_id}, project, domain, or \
         system: {target_id}."
    ))
}

/// `/role_assignments`, filtered by `user.id`, `role.id` and the scope.
pub(super) fn list(world: &World, call: &Call, caller: &Caller) -> Outcome {
    require_admin(caller, "list_role_assignments")?;
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let assignments = world.identity.assignments.iter().filter(|a| {
        wanted("user.id", &a.user_id)
            && wanted("role.id", &a.role_id)
            && call.query("scope.project.id").is_none_or(|id| a.on_project && id == a.target_id)
            && call.query("scope.domain.id").is_none_or(|id| !a.on_project && id == a.target_id)
    });
    Ok(links_around(world, call, "role_assignments", assignments.map(|a| a.view(&world.base))))
}
