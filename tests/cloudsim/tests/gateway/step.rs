//! One call of a table: who asks what, and what must come back. `{name}` in a path or a body is something that the
//! fixture or an earlier step has named.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::gateway::{Gateway, Signing, key};
use crate::shape;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Admin,
    Owner,
    Stranger,
    /// Whose key an earlier step has named.
    Third,
    /// Nothing is signed.
    Nobody,
    /// The owner's key with another secret half.
    Forger,
    /// A key that nobody has.
    Unknown,
}

/// What the body must be.
enum Body {
    Any,
    Json(Value),
    /// With all of these in it.
    Parts(Vec<&'static str>),
    Text(&'static str),
    Refusal(&'static str),
}

/// One call.
pub(crate) struct Step {
    who: Who,
    method: Method,
    path: String,
    send: String,
    headers: Vec<(&'static str, String)>,
    signing: Signing,
    skew: i64,
    status: u16,
    body: Body,
    lacks: Vec<&'static str>,
    shows: Vec<(&'static str, &'static str)>,
    save: Vec<(&'static str, &'static str)>,
}

fn call(who: Who, method: Method, path: &str) -> Step {
    Step {
        who,
        method,
        path: path.to_owned(),
        send: String::new(),
        headers: Vec::new(),
        signing: Signing::Header,
        skew: 0,
        status: 200,
        body: Body::Any,
        lacks: Vec::new(),
        shows: Vec::new(),
        save: Vec::new(),
    }
}

/// Of the administrator below `/admin`, of the owner elsewhere; the table says where it is somebody else.
pub(crate) fn ask(method: Method, path: &str) -> Step {
    let who = if path.starts_with("/admin/") { Who::Admin } else { Who::Owner };
    call(who, method, path)
}

pub(crate) fn get(path: &str) -> Step {
    ask(Method::GET, path)
}

pub(crate) fn head(path: &str) -> Step {
    ask(Method::HEAD, path)
}

pub(crate) fn put(path: &str) -> Step {
    ask(Method::PUT, path)
}

pub(crate) fn post(path: &str) -> Step {
    ask(Method::POST, path)
}

pub(crate) fn delete(path: &str) -> Step {
    ask(Method::DELETE, path)
}

impl Step {
    pub(crate) fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    pub(crate) fn body(self, body: impl Into<String>) -> Self {
        Self { send: body.into(), ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn signed(self, signing: Signing) -> Self {
        Self { signing, ..self }
    }

    /// By a clock that is so many seconds ahead.
    pub(crate) fn ahead(self, skew: i64) -> Self {
        Self { skew, ..self }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// No body.
    pub(crate) fn empty(self, status: u16) -> Self {
        Self { status, body: Body::Text(""), ..self }
    }

    /// Exactly this body.
    pub(crate) fn text(self, status: u16, text: &'static str) -> Self {
        Self { status, body: Body::Text(text), ..self }
    }

    /// 200, and JSON of this shape.
    pub(crate) fn gives(self, shape: Value) -> Self {
        Self { body: Body::Json(shape), ..self }
    }

    /// 200, and a body with all of these in it.
    pub(crate) fn has(self, parts: &[&'static str]) -> Self {
        Self { body: Body::Parts(parts.to_vec()), ..self }
    }

    /// A body without this.
    pub(crate) fn lacks(mut self, part: &'static str) -> Self {
        self.lacks.push(part);
        self
    }

    /// The gateway's error, as JSON or as XML.
    pub(crate) fn refused(self, status: u16, code: &'static str) -> Self {
        Self { status, body: Body::Refusal(code), ..self }
    }

    /// A header that must be there and contain this.
    pub(crate) fn shows(mut self, name: &'static str, part: &'static str) -> Self {
        self.shows.push((name, part));
        self
    }

    /// Keeps the value at this place of the body under a name. With `third.key` and `third.secret` named, the third
    /// can ask.
    pub(crate) fn save(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.save.push((name, pointer));
        self
    }
}

/// What tables share while they run.
pub(crate) struct Run<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) keys: &'a mut HashMap<Who, Credentials>,
    pub(crate) names: &'a mut HashMap<String, String>,
}

impl Run<'_> {
    /// The sentence says which call it was.
    pub(crate) async fn step(&mut self, step: &Step) -> Result<(), String> {
        let name = format!("{:?} {} {}", step.who, step.method, self.filled(&step.path));
        self.asked(step).await.map_err(|why| format!("{name}: {why}"))
    }

    async fn asked(&mut self, step: &Step) -> Result<(), String> {
        let answer = self.send(step).await?;
        let status = answer.status().as_u16();
        let missing = header_missing(step, &answer);
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if status != step.status {
            return Err(format!("wanted {}, is {status}: {text}", step.status));
        }
        missing.map_or(Ok(()), Err)?;
        self.checked(step, &text)?;
        self.keep(step, &text)
    }

    async fn send(&self, step: &Step) -> Result<Response, String> {
        let body = self.filled(&step.send);
        let mut request = self.gateway.request(&step.method, &self.filled(&step.path), &body);
        for (name, value) in &step.headers {
            let value = self.filled(value).parse().map_err(|_| format!("{name} is no header"))?;
            request.headers_mut().insert(*name, value);
        }
        if step.who != Who::Nobody {
            let key = self.keys.get(&step.who).ok_or("nobody has this key")?;
            self.gateway.sign(&mut request, key, step.signing, ahead(step.skew));
        }
        // Not signed, and wanted where there is nothing in the body, too.
        request.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        self.gateway.http.execute(request).await.map_err(|error| error.to_string())
    }

    fn filled(&self, text: &str) -> String {
        filled(self.names, text)
    }

    fn checked(&self, step: &Step, text: &str) -> Result<(), String> {
        let lacking = |part: &str| !text.contains(&self.filled(part));
        if let Some(part) = step.lacks.iter().find(|part| !lacking(part)) {
            return Err(format!("has {part} too: {text}"));
        }
        match &step.body {
            Body::Any => Ok(()),
            Body::Json(shape) => self.shaped(shape, text),
            Body::Parts(parts) => match parts.iter().find(|part| lacking(part)) {
                Some(part) => Err(format!("{part} is missing: {text}")),
                None => Ok(()),
            },
            Body::Text(wanted) if text == self.filled(wanted) => Ok(()),
            Body::Text(wanted) => Err(format!("wanted {wanted:?}: {text}")),
            // A refused HEAD has no body.
            Body::Refusal(_) if step.method == Method::HEAD => Ok(()),
            Body::Refusal(code) if step.path.starts_with("/admin/") => {
                let shape = json!({"Code": format!("={code}"), "Message": "=", "RequestId": "~tx", "HostId": "~{region}"});
                self.shaped(&shape, text)
            }
            Body::Refusal(code) if text.contains(&format!("<Error><Code>{code}</Code><Message>")) => Ok(()),
            Body::Refusal(code) => Err(format!("wanted {code}: {text}")),
        }
    }

    fn shaped(&self, shape: &Value, text: &str) -> Result<(), String> {
        let body: Value = serde_json::from_str(text).map_err(|_| format!("no JSON: {text}"))?;
        let shape: Value =
            serde_json::from_str(&self.filled(&shape.to_string())).expect("names do not break JSON");
        shape::check(&shape, &body).map_err(|why| format!("{why}\n{text}"))
    }

    fn keep(&mut self, step: &Step, text: &str) -> Result<(), String> {
        for (name, pointer) in &step.save {
            let body: Value = serde_json::from_str(text).map_err(|_| format!("no JSON: {text}"))?;
            let value = body.pointer(pointer).and_then(Value::as_str);
            let value = value.ok_or_else(|| format!("nothing at {pointer}: {body}"))?;
            self.names.insert((*name).to_owned(), value.to_owned());
        }
        if let (Some(access), Some(secret)) = (self.names.get("third.key"), self.names.get("third.secret")) {
            self.keys.insert(Who::Third, key(access, secret));
        }
        Ok(())
    }
}

/// With what has a name in its place.
pub(crate) fn filled(names: &HashMap<String, String>, text: &str) -> String {
    let mut text = text.to_owned();
    for (name, value) in names {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

fn ahead(seconds: i64) -> SystemTime {
    let skew = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { SystemTime::now() - skew } else { SystemTime::now() + skew }
}

fn header_missing(step: &Step, answer: &Response) -> Option<String> {
    let value = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    if value("x-amz-request-id").is_none_or(|id| !id.starts_with("tx")) {
        return Some("no request id".to_owned());
    }
    let absent = |(name, part): &&(&str, &str)| !value(name).is_some_and(|value| value.contains(part));
    let missing = step.shows.iter().find(absent);
    missing.map(|(name, part)| format!("header {name} is {:?}, wanted {part:?}", value(name)))
}
