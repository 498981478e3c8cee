//! Keystone: routes, its error shape, and what it remembers. Each resource has a file of its own.

mod assignment;
mod catalogue;
mod domain;
mod login;
mod project;
mod role;
mod token;
mod user;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use self::assignment::Assignment;
pub use self::catalogue::CatalogueForm;
use self::domain::Domain;
use self::project::Project;
use self::role::Role;
pub(crate) use self::token::Caller;
use self::token::Tokens;
use self::user::User;
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::service::Service;
use crate::world::World;

/// The domain that is always there.
const DEFAULT_DOMAIN: &str = "default";
/// What the first user is called, and the first project.
const ADMIN: &str = "admin";

/// Keystone's memory.
pub(crate) struct Identity {
    domains: BTreeMap<String, Domain>,
    projects: BTreeMap<String, Project>,
    users: BTreeMap<String, User>,
    roles: BTreeMap<String, Role>,
    /// Role → role: whoever has the first has the second.
    implied: BTreeSet<(String, String)>,
    assignments: BTreeSet<Assignment>,
    pub(crate) tokens: Tokens,
    /// Services that the catalogue does not name.
    pub(crate) catalogue_omits: Vec<Service>,
    pub(crate) catalogue_form: CatalogueForm,
    region: String,
}

impl Identity {
    /// The default domain, the usual roles, and an admin with a project.
    pub(crate) fn with_admin(password: &str, region: &str, token_lifetime_s: u64) -> Self {
        let mut identity = Self {
            domains: BTreeMap::new(),
            projects: BTreeMap::new(),
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            implied: BTreeSet::new(),
            assignments: BTreeSet::new(),
            tokens: Tokens::new(token_lifetime_s),
            catalogue_omits: Vec::new(),
            catalogue_form: CatalogueForm::default(),
            region: region.to_owned(),
        };
        identity.domains.insert(DEFAULT_DOMAIN.to_owned(), Domain::first());
        identity.add_first_roles();
        let project = Project::new(ADMIN, DEFAULT_DOMAIN);
        let user = User::new(ADMIN, DEFAULT_DOMAIN, password);
        let role = identity.role_id(ADMIN).unwrap_or_default();
        identity.assignments.insert(Assignment::on_project(&project.id, &user.id, &role));
        identity.projects.insert(project.id.clone(), project);
        identity.users.insert(user.id.clone(), user);
        identity
    }

    /// As `keystone-manage bootstrap` makes them: each implies the next.
    fn add_first_roles(&mut self) {
        let ids: Vec<String> = [ADMIN, "manager", "member", "reader"]
            .into_iter()
            .map(|name| {
                let role = Role::immutable(name);
                let id = role.id.clone();
                self.roles.insert(id.clone(), role);
                id
            })
            .collect();
        for pair in ids.windows(2) {
            self.implied.insert((pair[0].clone(), pair[1].clone()));
        }
    }

    /// The project that shared images and networks belong to.
    pub(crate) fn admin_project_id(&self) -> String {
        let admin = self.projects.values().find(|project| project.name == ADMIN);
        admin.map(|project| project.id.clone()).unwrap_or_default()
    }

    /// The ids of what exists, by kind.
    pub(crate) fn ids(&self) -> [(&'static str, Vec<(String, String)>); 4] {
        let pair = |id: &String, name: &String| (id.clone(), name.clone());
        [
            ("domain", self.domains.values().map(|d| pair(&d.id, &d.name)).collect()),
            ("project", self.projects.values().map(|p| pair(&p.id, &p.name)).collect()),
            ("user", self.users.values().map(|u| pair(&u.id, &u.name)).collect()),
            ("role", self.roles.values().map(|r| pair(&r.id, &r.name)).collect()),
        ]
    }
}

/// A new id as Keystone writes them.
fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refuse(&world.base, &refusal));
    answer.with("vary", "X-Auth-Token")
}

/// `{"error": {code, message, title}}`, and for 401 where to log in.
fn refuse(base: &str, refusal: &Refusal) -> Answer {
    let title = StatusCode::from_u16(refusal.status).ok().and_then(|s| s.canonical_reason());
    let error = json!({"code": refusal.status, "message": refusal.message, "title": title});
    let answer = Answer::json(refusal.status, &json!({"error": error}));
    if refusal.status != 401 {
        return answer;
    }
    answer.with("www-authenticate", &format!("Keystone uri=\"{base}/identity/v3\""))
}

/// What every other service answers to a token that is missing, unknown or expired.
pub(crate) fn unauthorized(base: &str) -> Answer {
    let refusal = unauthenticated();
    let error = json!({"code": refusal.status, "title": "Unauthorized", "message": refusal.message});
    Answer::json(401, &json!({"error": error}))
        .with("www-authenticate", &format!("Keystone uri=\"{base}/identity\""))
}

fn unauthenticated() -> Refusal {
    Refusal::new(401, "The request you have made requires authentication.")
}

fn route(world: &mut World, call: &Call) -> Outcome {
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET" | "HEAD", []) => return Ok(versions(world)),
        ("GET" | "HEAD", ["v3"]) => return Ok(Answer::json(200, &json!({"version": version(&world.base)}))),
        ("POST", ["v3", "auth", "tokens"]) => return login::create(world, call),
        _ => {}
    }
    let token = call.header("x-auth-token").unwrap_or_default();
    let caller = world.identity.tokens.caller(token, world.now).ok_or_else(unauthenticated)?;
    match call.segments().as_slice() {
        ["v3", "auth", rest @ ..] => token::route(world, call, &caller, rest),
        ["v3", "domains", id, "users", user, "roles", rest @ ..] => {
            assignment::route(world, call, &caller, assignment::Target::Domain(id), user, rest)
        }
        ["v3", "projects", id, "users", user, "roles", rest @ ..] => {
            assignment::route(world, call, &caller, assignment::Target::Project(id), user, rest)
        }
        ["v3", "domains", rest @ ..] => domain::route(world, call, &caller, rest),
        ["v3", "projects", rest @ ..] => project::route(world, call, &caller, rest),
        ["v3", "users", rest @ ..] => user::route(world, call, &caller, rest),
        ["v3", "roles", rest @ ..] => role::route(world, call, &caller, rest),
        ["v3", "role_inferences"] => role::inferences(world, &caller),
        ["v3", "role_assignments"] => assignment::list(world, call, &caller),
        _ => Ok(no_route()),
    }
}

fn version(base: &str) -> Value {
    json!({
        "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{base}/identity/v3/")}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    })
}

fn versions(world: &World) -> Answer {
    Answer::json(300, &json!({"versions": {"values": [version(&world.base)]}}))
        .with("location", &format!("{}/identity/v3/", world.base))
}

fn no_route() -> Answer {
    let page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n";
    Answer::text(404, "text/html; charset=utf-8", page)
}

fn no_method() -> Answer {
    Answer::json(405, &json!({"message": "The method is not allowed for the requested URL."}))
}

/// 403 unless the caller is the cloud's admin. `rule` is Keystone's name for the deed: "list_projects".
fn require_admin(caller: &Caller, rule: &str) -> Result<(), Refusal> {
    if caller.admin {
        return Ok(());
    }
    let message = format!("You are not authorized to perform the requested action: identity:{rule}.");
    Err(Refusal::forbidden(message))
}

fn not_found(kind: &str, id: &str) -> Refusal {
    Refusal::not_found(format!("Could not find {kind}: {id}."))
}

/// The object under `kind` in the body: `{"domain": {…}}`.
fn body_object(call: &Call, kind: &str) -> Result<Value, Refusal> {
    let body = call.json().ok_or_else(|| {
        Refusal::bad_request(
            "Expecting to find valid JSON in request body. The server could not comply with the request since \
             it is either malformed or otherwise incorrect. The client is assumed to be in error.",
        )
    })?;
    match body.get(kind) {
        Some(object) if object.is_object() => Ok(object.clone()),
        _ => Err(Refusal::bad_request(format!("'{kind}' is a required property"))),
    }
}

/// A text that must be there.
fn text(object: &Value, kind: &str, name: &str) -> Result<String, Refusal> {
    match object.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(value) => Err(invalid(name, value, &format!("{value} is not of type 'string'"))),
        None => Err(invalid(kind, object, &format!("'{name}' is a required property"))),
    }
}

fn invalid(name: &str, value: &Value, why: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid input for field/attribute {name}. Value: {value}. {why}"))
}

/// Whether an entry passes the query's `name` and `domain_id`.
fn passes(call: &Call, name: &str, domain_id: Option<&str>) -> bool {
    call.query("name").is_none_or(|wanted| wanted == name)
        && call.query("domain_id").is_none_or(|wanted| domain_id == Some(wanted))
}

/// A list with Keystone's links around it.
fn list(world: &World, call: &Call, kind: &str, entries: impl Iterator<Item = Value>) -> Answer {
    let entries: Vec<Value> = entries.collect();
    let query = if call.query_text.is_empty() { String::new() } else { format!("?{}", call.query_text) };
    let link = format!("{}/identity{}{query}", world.base, call.path);
    Answer::json(200, &json!({kind: entries, "links": {"next": null, "self": link, "previous": null}}))
}
