//! One call of a table: who asks what, and what must come back. `{name}` in a path or a body is something that
//! an earlier step saved.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::cloud::{Api, Session};
use crate::shape;

/// How long a state may take, and how often it is looked at.
const WAIT_MAX: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(100);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Admin,
    /// A user with the role `member`.
    Tenant,
    /// The same of another project.
    Stranger,
    /// A user of the first project, with a role that the services do not know.
    Roleless,
    /// No token.
    Nobody,
    /// A token that is none.
    Forger,
}

/// What the body must be.
enum Body {
    Any,
    Empty,
    Json(Value),
    Text(&'static str),
}

/// One call.
pub(crate) struct Step {
    who: Who,
    method: Method,
    api: Api,
    path: String,
    version: Option<&'static str>,
    accept: &'static str,
    send: Option<Value>,
    status: u16,
    body: Body,
    headers: Vec<(&'static str, &'static str)>,
    until: Option<(&'static str, Value)>,
    gone: bool,
    save: Vec<(&'static str, &'static str)>,
}

/// A call by the tenant; the table says by whom where it is somebody else.
pub(crate) fn call(method: &str, api: Api, path: &str) -> Step {
    let version = match api {
        Api::Compute => Some("compute 2.96"),
        Api::Volume => Some("volume 3.70"),
        Api::Share => Some("2.65"),
        _ => None,
    };
    Step {
        who: if api == Api::Identity { Who::Admin } else { Who::Tenant },
        method: method.parse().expect("a method"),
        api,
        path: path.to_owned(),
        version,
        accept: "application/json",
        send: None,
        status: 200,
        body: Body::Any,
        headers: Vec::new(),
        until: None,
        gone: false,
        save: Vec::new(),
    }
}

pub(crate) fn get(api: Api, path: &str) -> Step {
    call("GET", api, path)
}

pub(crate) fn post(api: Api, path: &str, body: Value) -> Step {
    call("POST", api, path).body(body)
}

pub(crate) fn put(api: Api, path: &str, body: Value) -> Step {
    call("PUT", api, path).body(body)
}

pub(crate) fn delete(api: Api, path: &str) -> Step {
    call("DELETE", api, path).status(204)
}

impl Step {
    pub(crate) fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { send: Some(body), ..self }
    }

    /// "compute 2.1"; of Manila "2.65"
    pub(crate) fn version(self, version: &'static str) -> Self {
        Self { version: Some(version), ..self }
    }

    pub(crate) fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The status, and a body of this shape.
    pub(crate) fn gives(self, status: u16, shape: Value) -> Self {
        Self { status, body: Body::Json(shape), ..self }
    }

    /// The status, and no body.
    pub(crate) fn empty(self, status: u16) -> Self {
        Self { status, body: Body::Empty, ..self }
    }

    /// The status, and a body that contains this.
    pub(crate) fn text(self, status: u16, part: &'static str) -> Self {
        Self { status, body: Body::Text(part), ..self }
    }

    /// Nova's, Cinder's and Manila's errors, which have one key named for the kind.
    pub(crate) fn fails(self, status: u16, message: &str) -> Self {
        let key = match status {
            400 => "badRequest",
            403 => "forbidden",
            404 => "itemNotFound",
            409 => "conflictingRequest",
            413 => "overLimit",
            _ => "computeFault",
        };
        let mut error = json!({"code": status, "message": format!("~{message}")});
        if status == 413 {
            error["retryAfter"] = json!("=0");
        }
        self.gives(status, json!({key: error}))
    }

    /// Neutron's errors, which name their type.
    pub(crate) fn refused(self, status: u16, kind: &str, message: &str) -> Self {
        let error = json!({"type": format!("={kind}"), "message": format!("~{message}"), "detail": "str"});
        self.gives(status, json!({"NeutronError": error}))
    }

    /// A header that must be there and contain this.
    pub(crate) fn header(mut self, name: &'static str, part: &'static str) -> Self {
        self.headers.push((name, part));
        self
    }

    /// Asks again until the value at this place of the body is this.
    pub(crate) fn until(self, pointer: &'static str, value: Value) -> Self {
        Self { until: Some((pointer, value)), ..self }
    }

    /// Asks again until it is a 404.
    pub(crate) fn until_gone(self) -> Self {
        Self { gone: true, status: 404, ..self }
    }

    /// Keeps the value at this place of the body under a name.
    pub(crate) fn save(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.save.push((name, pointer));
        self
    }
}

/// What tables share while they run.
pub(crate) struct Run<'a> {
    pub(crate) http: &'a Client,
    pub(crate) sessions: &'a HashMap<Who, Session>,
    pub(crate) saved: &'a mut HashMap<String, String>,
}

impl Run<'_> {
    /// The sentence says which call it was.
    pub(crate) async fn step(&mut self, step: &Step) -> Result<(), String> {
        let path = self.filled(&step.path);
        let name = format!("{:?} {} {:?}{path}", step.who, step.method, step.api);
        self.asked(step, &path).await.map_err(|why| format!("{name}: {why}"))
    }

    async fn asked(&mut self, step: &Step, path: &str) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let answer = self.send(step, path).await?;
            let status = answer.status().as_u16();
            let missing = header_missing(step, &answer);
            let text = answer.text().await.map_err(|error| error.to_string())?;
            let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            let again = if step.gone { status != 404 } else { !self.reached(step, &body) };
            if again && begun.elapsed() < WAIT_MAX {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            if status != step.status {
                return Err(format!("wanted {}, is {status}: {text}", step.status));
            }
            missing.map_or(Ok(()), Err)?;
            self.checked(&step.body, &text, &body)?;
            if again {
                return Err(format!("never {:?}: {text}", step.until));
            }
            return self.keep(step, &body);
        }
    }

    async fn send(&self, step: &Step, path: &str) -> Result<Response, String> {
        let session = self.sessions.get(&step.who).unwrap_or(&self.sessions[&Who::Tenant]);
        let mut request = self.http.request(step.method.clone(), session.url(step.api, path));
        request = request.header("accept", step.accept);
        match step.who {
            Who::Nobody => {}
            Who::Forger => request = request.header("x-auth-token", "forged"),
            _ => request = request.header("x-auth-token", &session.token),
        }
        if let Some(version) = step.version {
            request = request.header(step.api.version_header(), version);
        }
        if let Some(body) = &step.send {
            request = request.header("content-type", "application/json").body(self.filled(&body.to_string()));
        }
        request.send().await.map_err(|error| error.to_string())
    }

    /// With what was saved in the place of its name.
    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in self.saved.iter() {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    fn reached(&self, step: &Step, body: &Value) -> bool {
        let Some((pointer, value)) = &step.until else { return true };
        body.pointer(pointer) == Some(&self.filled_value(value))
    }

    fn checked(&self, wanted: &Body, text: &str, body: &Value) -> Result<(), String> {
        match wanted {
            Body::Any => Ok(()),
            Body::Empty if text.is_empty() => Ok(()),
            Body::Empty => Err(format!("wanted no body: {text}")),
            Body::Text(part) if text.contains(part) => Ok(()),
            Body::Text(part) => Err(format!("wanted {part:?}: {text}")),
            Body::Json(shape) => {
                shape::check(&self.filled_value(shape), body).map_err(|why| format!("{why}\n{text}"))
            }
        }
    }

    fn filled_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.filled(&value.to_string())).expect("names do not break JSON")
    }

    fn keep(&mut self, step: &Step, body: &Value) -> Result<(), String> {
        for (name, pointer) in &step.save {
            let value = body.pointer(pointer).and_then(Value::as_str);
            let value = value.ok_or_else(|| format!("nothing at {pointer}: {body}"))?;
            self.saved.insert((*name).to_owned(), value.to_owned());
        }
        Ok(())
    }
}

fn header_missing(step: &Step, answer: &Response) -> Option<String> {
    let value = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    // Whoever is turned away at the door gets no number.
    if answer.status() != 401 && value("x-openstack-request-id").is_none_or(|id| !id.starts_with("req-")) {
        return Some("no request id".to_owned());
    }
    let absent = |(name, part): &&(&str, &str)| !value(name).is_some_and(|value| value.contains(part));
    let missing = step.headers.iter().find(absent);
    missing.map(|(name, part)| format!("header {name} is {:?}, wanted {part:?}", value(name)))
}
