//! What an operation made and did not delete again, as its calls tell.
//!
//! Something was made where the answer names an id that the request did not: a change names what it changes. Its own path
//! is that of the request and its id; it is gone when that, or what it is part of, was deleted later.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Call;

/// Something in a backend that nobody wants and the host could not remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanedResource {
    /// Where, as the configuration calls it.
    pub upstream: String,
    /// What it was made by a request to, as "block-storage/volumes".
    pub path: String,
    /// The backend's id of it.
    pub id: String,
}

impl fmt::Display for OrphanedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.upstream, self.path, self.id)
    }
}

/// Those that these calls of one operation, in their order, left; each once.
pub(super) fn among(calls: &[Call]) -> Vec<OrphanedResource> {
    let mut left: Vec<OrphanedResource> = Vec::new();
    for call in calls {
        match call.sent.method.as_str() {
            "POST" | "PUT" => made(call).for_each(|new| {
                if !left.contains(&new) {
                    left.push(new);
                }
            }),
            "DELETE" => left.retain(|there| !takes(call, there)),
            _ => {}
        }
    }
    left
}

fn made(call: &Call) -> impl Iterator<Item = OrphanedResource> {
    let (upstream, path) = (&call.sent.upstream, path(call));
    let good = call.outcome.status.is_some_and(|status| (200..300).contains(&status));
    let new = move |id: &&String| good && !path.split('/').any(|segment| segment == *id);
    let leftover = move |id: &String| OrphanedResource {
        upstream: upstream.clone(),
        path: path.to_owned(),
        id: id.clone(),
    };
    call.outcome.ids.iter().filter(new).map(leftover)
}

/// Whether it is not there after this deletion.
fn takes(deletion: &Call, there: &OrphanedResource) -> bool {
    let gone = deletion.outcome.status.is_some_and(|status| (200..300).contains(&status) || status == 404);
    let own = format!("{}/{}", there.path, there.id);
    let below =
        |parent: &str| own.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    gone && deletion.sent.upstream == there.upstream && below(path(deletion))
}

/// Without its query.
fn path(call: &Call) -> &str {
    let path = call.sent.path.split('?').next().unwrap_or_default();
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::super::{Outcome, Sent};
    use super::*;

    fn call(method: &str, path: &str, status: u16, body: &str) -> Call {
        let text = str::to_owned;
        let sent = Sent {
            request_id: text("req-1"),
            operation_id: None,
            tenant_id: None,
            plugin: text("p"),
            digest: text("d"),
            upstream: text("cloud"),
            method: text(method),
            path: text(path),
        };
        let outcome = Outcome::answered(status, None, body.as_bytes());
        Call { number: 1, sent, outcome, sent_at: 0, took_us: 0 }
    }

    fn left(calls: &[Call]) -> Vec<String> {
        among(calls).into_iter().map(|left| format!("{}/{}", left.path, left.id)).collect()
    }

    #[test]
    fn what_was_made_is_left_until_it_is_deleted() {
        let made = call("POST", "volume/volumes?x=1", 202, r#"{"volume":{"id":"v-1"}}"#);
        let delete = |status| call("DELETE", "volume/volumes/v-1?cascade=true", status, "");
        assert_eq!(left(std::slice::from_ref(&made)), ["volume/volumes/v-1"]);
        assert_eq!(left(&[made.clone(), made.clone()]).len(), 1);
        for status in [202, 204, 404] {
            assert!(left(&[made.clone(), delete(status)]).is_empty(), "{status}");
        }
        for status in [403, 409, 500] {
            assert_eq!(left(&[made.clone(), delete(status)]).len(), 1, "{status}");
        }
        assert_eq!(left(&[delete(404), made.clone()]).len(), 1, "it was made later");
        let elsewhere = call("DELETE", "volume/volumes/v-10", 204, "");
        assert_eq!(left(&[made, elsewhere]).len(), 1);
    }

    #[test]
    fn an_attachment_is_no_volume_and_goes_with_its_server() {
        let volume = call("POST", "volume/volumes", 202, r#"{"volume":{"id":"v-1"}}"#);
        let attachments = "compute/servers/s-1/os-volume_attachments";
        let attached = call("POST", attachments, 200, r#"{"volumeAttachment":{"id":"v-1"}}"#);
        let detached = call("DELETE", &format!("{attachments}/v-1"), 202, "");
        let server_gone = call("DELETE", "compute/servers/s-1", 204, "");
        for end in [detached, server_gone] {
            assert_eq!(left(&[volume.clone(), attached.clone(), end]), ["volume/volumes/v-1"]);
        }
    }

    #[test]
    fn a_change_or_a_refusal_makes_nothing() {
        let change = call("PUT", "network/v2.0/networks/n-1", 200, r#"{"network":{"id":"n-1"}}"#);
        let interface = call("PUT", "network/v2.0/routers/r-1/add_router_interface", 200, r#"{"id":"r-1"}"#);
        let refused = call("POST", "volume/volumes", 413, r#"{"overLimit":{"id":"v-1"}}"#);
        assert!(left(&[change, interface, refused]).is_empty());
    }
}
