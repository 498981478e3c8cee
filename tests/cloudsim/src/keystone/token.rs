//! Tokens that were issued: whose they are, until when, what GET shows. How one gets them is in `login`.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Identity, catalogue, list, no_method, no_route, require_admin};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::world::World;

/// The oldest token is forgotten when there are more.
const TOKENS_MAX: usize = 5_000;

/// Who is calling, for one project (or a domain, or nothing).
#[derive(Debug, Default)]
pub(crate) struct Caller {
    pub(crate) user_id: String,
    /// The user's own domain.
    pub(crate) domain_id: String,
    /// Empty where the token has no project.
    pub(crate) project_id: String,
    pub(crate) admin: bool,
    pub(crate) member: bool,
    pub(crate) reader: bool,
}

struct Token {
    caller: Arc<Caller>,
    expires: Timestamp,
    /// What GET answers.
    body: Bytes,
}

/// All that are valid, and the lifetime of the next.
pub(crate) struct Tokens {
    tokens: HashMap<String, Token>,
    issued: VecDeque<String>,
    pub(crate) lifetime_s: u64,
}

impl Tokens {
    pub(super) fn new(lifetime_s: u64) -> Self {
        Self { tokens: HashMap::new(), issued: VecDeque::new(), lifetime_s }
    }

    /// When a token that is issued now ends.
    pub(super) fn expiry(&self, now: Timestamp) -> Timestamp {
        let lifetime = SignedDuration::from_secs(i64::try_from(self.lifetime_s).unwrap_or(i64::MAX));
        now.checked_add(lifetime).unwrap_or(Timestamp::MAX)
    }

    /// Keeps a new token and gives its name.
    pub(super) fn issue(&mut self, caller: Caller, expires: Timestamp, body: Bytes) -> String {
        if self.issued.len() >= TOKENS_MAX
            && let Some(oldest) = self.issued.pop_front()
        {
            self.tokens.remove(&oldest);
        }
        let random = || Uuid::new_v4().simple();
        let name = format!("gAAAAAB{}{}{}{}", random(), random(), random(), random());
        self.issued.push_back(name.clone());
        self.tokens.insert(name.clone(), Token { caller: Arc::new(caller), expires, body });
        name
    }

    /// Whose token it is; `None` where it is unknown or has expired.
    pub(crate) fn caller(&self, name: &str, now: Timestamp) -> Option<Arc<Caller>> {
        let token = self.tokens.get(name).filter(|token| token.expires > now)?;
        Some(Arc::clone(&token.caller))
    }

    /// Ends every token of the callers that `ended` chooses.
    pub(crate) fn revoke(&mut self, ended: impl Fn(&Caller) -> bool) {
        self.tokens.retain(|_, token| !ended(&token.caller));
        let tokens = &self.tokens;
        self.issued.retain(|name| tokens.contains_key(name));
    }
}

/// What is below `/v3/auth`, but the login.
pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        (_, ["tokens"]) => subject(world, call, caller),
        ("GET", ["catalog"]) => {
            let catalogue = catalogue::catalogue(&world.identity, &world.base, &caller.project_id);
            let link = format!("{}/identity/v3/auth/catalog", world.base);
            Ok(Answer::json(200, &json!({"catalog": catalogue, "links": {"self": link}})))
        }
        ("GET", ["projects"]) => Ok(list(world, call, "projects", projects(world, caller).into_iter())),
        _ => Ok(no_route()),
    }
}

fn projects(world: &World, caller: &Caller) -> Vec<Value> {
    let Identity { projects, assignments, .. } = &world.identity;
    let own = |id: &String| assignments.iter().any(|a| a.target_id == *id && a.user_id == caller.user_id);
    let projects = projects.values().filter(|project| own(&project.id));
    projects.map(|project| project.view(&world.base)).collect()
}

/// A token shows or ends itself; an admin's does that to any.
fn subject(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let name = call.header("x-subject-token").unwrap_or_default();
    if call.header("x-auth-token") != Some(name) {
        require_admin(caller, "validate_token")?;
    }
    let tokens = &mut world.identity.tokens;
    let token = tokens.tokens.get(name).filter(|token| token.expires > world.now);
    let token = token.ok_or_else(|| Refusal::not_found("Could not recognize Fernet token"))?;
    match call.method.as_str() {
        "GET" => Ok(Answer::text(200, "application/json", token.body.clone()).with("x-subject-token", name)),
        "HEAD" => Ok(Answer::empty(200).with("x-subject-token", name)),
        "DELETE" => {
            tokens.tokens.remove(name);
            tokens.issued.retain(|issued| issued != name);
            Ok(Answer::empty(204))
        }
        _ => Ok(no_method()),
    }
}
