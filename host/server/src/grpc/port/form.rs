//! What makes a request a gRPC call at all: its method and its content type (gRPC over HTTP/2, "Requests").

use http::header::CONTENT_TYPE;
use http::{Method, Request};

use super::refusal::Refusal;

/// Refuses what is no call: with HTTP's own words, because who sent it does not speak gRPC.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method);
    }
    let kind = request.headers().get(CONTENT_TYPE);
    if kind.and_then(|kind| kind.to_str().ok()).is_some_and(is_grpc) { Ok(()) } else { Err(Refusal::Type) }
}

/// `application/grpc`, or with `+proto`, and parameters.
fn is_grpc(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/grpc") || kind.eq_ignore_ascii_case("application/grpc+proto")
}

#[cfg(test)]
mod tests {
    use super::is_grpc;

    #[test]
    fn grpc_is_told_from_what_only_begins_so() {
        for kind in ["application/grpc", "application/grpc+proto", "Application/gRPC; charset=utf-8"] {
            assert!(is_grpc(kind), "{kind}");
        }
        for kind in ["", "application/json", "application/grpc-web", "application/grpc+json", "grpc"] {
            assert!(!is_grpc(kind), "{kind}");
        }
    }
}
