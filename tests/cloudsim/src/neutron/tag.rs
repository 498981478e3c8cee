//! `tags` below a resource: they cannot be given in the resource's own body.

use serde_json::{Value, json};

use super::standard::Standard;
use super::{Networks, Request, bad_request, invalid_input, no_route, require};
use crate::call::{Answer, Outcome, Refusal};

/// Characters of a tag, and tags of one resource.
const TAG_MAX: usize = 255;
const TAGS_MAX: usize = 50;

/// `many` is the kind as paths name it.
pub(super) fn route(
    networks: &mut Networks,
    request: &Request<'_>,
    many: &str,
    id: &str,
    rest: &[&str],
) -> Outcome {
    // An id that nothing has is not expected by Neutron itself.
    let Some(standard) = networks.standard(many, id) else {
        let message = "Request Failed: internal server error while processing your request.";
        return Err(Refusal::new(500, message).kind("HTTPInternalServerError"));
    };
    let method = request.call.method.as_str();
    permit(request, standard, many, rest)?;
    let tags = &mut standard.tags;
    match (method, rest) {
        ("GET", []) => return Ok(Answer::json(200, &json!({"tags": tags}))),
        ("GET", [tag]) => return found(tags, tag).map(|_| Answer::empty(204)),
        ("PUT", []) => *tags = wanted(request, many, &[])?,
        ("POST", []) => *tags = wanted(request, many, tags)?,
        ("DELETE", []) => tags.clear(),
        ("PUT", [tag]) => *tags = joined(many, tags, vec![(*tag).to_owned()])?,
        ("DELETE", [tag]) => {
            let at = found(tags, tag)?;
            tags.remove(at);
        }
        _ => return Err(no_route()),
    }
    standard.touch(request.now);
    Ok(match (method, rest) {
        ("DELETE", _) => Answer::empty(204),
        (_, []) => Answer::json(200, &json!({"tags": standard.tags})),
        _ => Answer::json(201, &Value::Null),
    })
}

fn permit(request: &Request<'_>, standard: &Standard, many: &str, rest: &[&str]) -> Result<(), Refusal> {
    let (verb, allowed) = match request.call.method.as_str() {
        "GET" => ("get", standard.is_seen_by(request.caller)),
        "POST" if rest.is_empty() => ("create", standard.is_changed_by(request.caller)),
        "DELETE" => ("delete", standard.is_changed_by(request.caller)),
        _ => ("update", standard.is_changed_by(request.caller)),
    };
    require(allowed, &format!("{verb}_{}:tags", many.trim_end_matches('s').replace('-', "_")))
}

fn found(tags: &[String], tag: &str) -> Result<usize, Refusal> {
    let at = tags.iter().position(|own| own == tag);
    at.ok_or_else(|| Refusal::not_found(format!("Tag {tag} could not be found.")).kind("TagNotFound"))
}

/// The body's tags after those that stay.
fn wanted(request: &Request<'_>, many: &str, staying: &[String]) -> Result<Vec<String>, Refusal> {
    let body = request.call.json().unwrap_or_default();
    let tags = body.get("tags").ok_or_else(|| invalid_input("Invalid tags body"))?;
    let tags = tags.as_array().ok_or_else(|| {
        invalid_input(&format!("'{}' is not a list", tags.as_str().unwrap_or(&tags.to_string())))
    })?;
    let mut checked: Vec<String> = Vec::new();
    for tag in tags {
        let text = tag.as_str().ok_or_else(|| invalid_input(&format!("'{tag}' is not a valid string")))?;
        if text.chars().count() > TAG_MAX {
            return Err(invalid_input(&format!("'{text}' exceeds maximum length of {TAG_MAX}")));
        }
        if checked.iter().any(|other| other == text) {
            return Err(invalid_input(&format!("Duplicate items in the list: '{text}'")));
        }
        checked.push(text.to_owned());
    }
    joined(many, staying, checked)
}

fn joined(many: &str, staying: &[String], more: Vec<String>) -> Result<Vec<String>, Refusal> {
    let mut tags = staying.to_vec();
    tags.extend(more.into_iter().filter(|tag| !staying.contains(tag)));
    if tags.len() > TAGS_MAX {
        let message =
            format!("Bad {many} request: The number of tags exceed the per-resource limit of {TAGS_MAX}.");
        return Err(bad_request(message).kind("BadRequest"));
    }
    Ok(tags)
}
