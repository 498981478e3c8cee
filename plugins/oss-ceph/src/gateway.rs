//! The gateway as every file here reaches it: the Admin Ops API by its administrator, S3 by an account.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::s3::{self, Refusal};
use patchbay_sdk::upstream::{Request, Response};

/// Granted with the key of the gateway's administrator.
pub(crate) const UPSTREAM: &str = "gateway";

/// How often a write that meets another one is sent.
const WRITES_MAX: u32 = 5;

/// A call of the Admin Ops API. What it says goes into the query: the gateway takes no signed body here.
pub(crate) fn admin(method: &str, what: &str) -> Request {
    Request::new(UPSTREAM, method, &["admin", what])
}

/// A call of S3 on a bucket, to be signed.
pub(crate) fn s3(method: &str, bucket: &str) -> Request {
    Request::new(UPSTREAM, method, &[bucket])
}

/// Sends what the administrator asks. That one being refused is the deployment's defect, not the tenant's. Of two calls that
/// write one account at the same time the gateway fails one with `UnknownError`: that one asks again, and then finds what
/// the other has written.
pub(crate) async fn ask(request: Request) -> Result<Response, Refusal> {
    let mut answer = s3::send(request.clone()).await;
    for _ in 1..WRITES_MAX {
        if !answer.as_ref().is_err_and(|refusal| refusal.says("UnknownError")) {
            break;
        }
        answer = s3::send(request.clone()).await;
    }
    answer.map_err(|refusal| match refusal {
        Refusal { code, error } if error.is(kind::DENIED) => {
            Refusal { code, error: Error { kind: kind::INTERNAL.into(), ..error } }
        }
        refusal => refusal,
    })
}

/// The answer, none where the gateway says that there is no such thing.
pub(crate) fn found(answer: Result<Response, Refusal>, missing: &str) -> Result<Option<Response>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) if refusal.says(missing) => Ok(None),
        Err(refusal) => Err(refusal.error),
    }
}
