//! The answers that come from the WSGI layer below Nova, Cinder and Glance: one sentence as HTML, JSON or
//! text, by what the client accepts.

use axum::http::StatusCode;
use serde_json::json;

use crate::call::{Answer, Call};

/// The sentence for a path that no route has.
const NO_ROUTE: &str = "The resource could not be found.";

/// The 404 for a path that no route has.
pub(crate) fn no_route(call: &Call) -> Answer {
    page(call, 404, NO_ROUTE)
}

/// `message` in the form that the client accepts.
pub(crate) fn page(call: &Call, status: u16, message: &str) -> Answer {
    let title = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Error");
    let accept = call.header("accept").unwrap_or_default();
    if accept.contains("json") {
        let message = format!("{message}<br /><br />\n\n\n");
        return Answer::json(
            status,
            &json!({"message": message, "code": format!("{status} {title}"), "title": title}),
        );
    }
    if accept.contains("html") || accept.contains("*/*") {
        let head = format!("<html>\n <head>\n  <title>{status} {title}</title>\n </head>\n <body>\n");
        let body = format!("  <h1>{status} {title}</h1>\n  {message}<br /><br />\n\n\n\n </body>\n</html>");
        return Answer::text(status, "text/html; charset=UTF-8", head + &body);
    }
    Answer::text(status, "text/plain; charset=UTF-8", format!("{status} {title}\n\n{message}\n\n   "))
}
