//! The errors of Nova, Cinder and Manila: one key named for the kind. Why something is refused is theirs.

use serde_json::json;

use crate::call::{Answer, Refusal};

/// Over quota (413) it says when to come back.
pub(crate) fn refuse(refusal: &Refusal) -> Answer {
    let key = match refusal.status {
        400 => "badRequest",
        403 => "forbidden",
        404 => "itemNotFound",
        409 => "conflictingRequest",
        413 => "overLimit",
        _ => "computeFault",
    };
    let mut error = json!({"code": refusal.status, "message": refusal.message});
    if refusal.status == 413 {
        error["retryAfter"] = json!("0");
        return Answer::json(413, &json!({key: error})).with("retry-after", "0");
    }
    Answer::json(refusal.status, &json!({key: error}))
}
