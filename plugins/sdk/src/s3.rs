//! What object gateways that speak S3 have in common: requests signed with a user's own key, and refusals, which say
//! their code in XML (S3) or JSON (Ceph's Admin Ops). What one gateway alone has belongs into its plugin.

use serde::Deserialize;

use crate::Error;
use crate::error::kind;
use crate::openstack::{message, status};
use crate::upstream::{Request, Response};

impl Request {
    /// Has it signed with a user's key instead of the gateway's administrator's.
    pub fn signed_by(self, access_key: &str, secret_key: &str) -> Self {
        self.header("X-S3-Access-Key", access_key).header("X-S3-Secret-Key", secret_key)
    }
}

/// Why a gateway did not do what it was asked for.
#[derive(Debug)]
pub struct Refusal {
    /// The gateway's word, as "NoSuchBucket"; empty where it gave none or no answer.
    pub code: String,
    /// The same in the contract's words.
    pub error: Error,
}

impl Refusal {
    /// Whether the gateway said this.
    #[must_use]
    pub fn says(&self, code: &str) -> bool {
        self.code == code
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { code: String::new(), error }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

/// Sends a request to a gateway and takes a status of 2xx alone for success.
///
/// # Errors
/// Those of [`Request::send`], and the gateway's refusal.
pub async fn send(request: Request) -> Result<Response, Refusal> {
    let response = request.send().await?;
    match response.status() {
        200..300 => Ok(response),
        status => Err(refusal(status, response.header("retry-after"), response.body())),
    }
}

fn refusal(status: u16, retry_after: Option<&str>, body: &[u8]) -> Refusal {
    let (code, message) = (code(body), message::of(body));
    // What has no code is a proxy's.
    let own = (!code.is_empty()).then(|| message::Refusal { name: code.clone(), message: String::new() });
    let error = status::told(status, retry_after, own, &message);
    let error = match kind_of(&code) {
        Some(kind) => Error { kind: kind.into(), ..error },
        None => error,
    };
    Refusal { code, error }
}

/// Where the code tells more than the status does.
fn kind_of(code: &str) -> Option<&'static str> {
    match code {
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" | "UserAlreadyExists" | "KeyExists" => {
            Some(kind::EXISTS)
        }
        "QuotaExceeded" | "TooManyBuckets" => Some(kind::QUOTA),
        // A clock is wrong: nothing that a tenant could change, and it passes.
        "RequestTimeTooSkewed" => Some(kind::UNAVAILABLE),
        // Another change of the same thing is on its way.
        "SlowDown" | "OperationAborted" => Some(kind::BUSY),
        // The gateway's region is another than the deployment says.
        "InvalidLocationConstraint" | "IllegalLocationConstraintException" => Some(kind::INTERNAL),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    code: String,
}

fn code(body: &[u8]) -> String {
    serde_json::from_slice::<Told>(body).map_or_else(|_| code_in_xml(body), |told| told.code)
}

/// An error document holds one `Code`, a plain word.
fn code_in_xml(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let after = text.split_once("<Code>").map(|(_, after)| after);
    let code = after.and_then(|after| after.split_once("</Code>")).map(|(code, _)| code);
    code.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_code() {
        let xml = |code: &str| {
            format!(
                r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message></Message></Error>"#
            )
        };
        let json = |code: &str| format!(r#"{{"Code":"{code}","Message":"","RequestId":"tx1"}}"#);
        for (status, body, code, kind) in [
            (404, json("NoSuchUser"), "NoSuchUser", kind::NOT_FOUND),
            (409, json("UserAlreadyExists"), "UserAlreadyExists", kind::EXISTS),
            (409, json("BucketNotEmpty"), "BucketNotEmpty", kind::CONFLICT),
            (409, xml("BucketAlreadyExists"), "BucketAlreadyExists", kind::EXISTS),
            (403, xml("QuotaExceeded"), "QuotaExceeded", kind::QUOTA),
            (400, xml("TooManyBuckets"), "TooManyBuckets", kind::QUOTA),
            (400, xml("InvalidBucketName"), "InvalidBucketName", kind::INVALID),
            (403, xml("InvalidAccessKeyId"), "InvalidAccessKeyId", kind::DENIED),
            (403, xml("RequestTimeTooSkewed"), "RequestTimeTooSkewed", kind::UNAVAILABLE),
            (503, xml("SlowDown"), "SlowDown", kind::BUSY),
            (409, xml("OperationAborted"), "OperationAborted", kind::BUSY),
            (409, xml("BucketAlreadyOwnedByYou"), "BucketAlreadyOwnedByYou", kind::EXISTS),
            (400, xml("InvalidLocationConstraint"), "InvalidLocationConstraint", kind::INTERNAL),
            (404, "default backend - 404".to_owned(), "", kind::UNAVAILABLE),
            (403, "<html>Forbidden</html>".to_owned(), "", kind::UNAVAILABLE),
            (405, "MethodNotAllowed".to_owned(), "", kind::UNAVAILABLE),
            (400, "<html>".to_owned(), "", kind::UNAVAILABLE),
            (502, String::new(), "", kind::UNAVAILABLE),
        ] {
            let refusal = refusal(status, None, body.as_bytes());
            assert_eq!((refusal.code.as_str(), refusal.error.kind.as_str()), (code, kind), "{status} {body}");
            assert!(!refusal.error.public);
        }
    }
}
