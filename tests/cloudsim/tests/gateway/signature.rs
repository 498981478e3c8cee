//! Who is let in: keys, signatures, clocks, bodies, URLs that are signed beforehand.

use crate::gateway::Signing;
use crate::step::{Step, Who, get, put};

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![put("/{b}").empty(200), put("/{b}/x").body("x").empty(200)];
    for path in ["/", "/{b}/x", "/admin/user?uid={owner}"] {
        steps.extend([
            get(path).by(Who::Forger).refused(403, "SignatureDoesNotMatch"),
            get(path).by(Who::Unknown).refused(403, "InvalidAccessKeyId"),
            get(path).ahead(1200).refused(403, "RequestTimeTooSkewed"),
            get(path).ahead(-1200).refused(403, "RequestTimeTooSkewed"),
            get(path).ahead(600).status(200),
            get(path).signed(Signing::Unsigned).status(200),
        ]);
    }
    steps.extend(bodies());
    steps.extend(claims());
    steps
}

fn bodies() -> Vec<Step> {
    let signed = |signing| put("/{b}/x").body("y").signed(signing);
    vec![
        signed(Signing::Unsigned).empty(200),
        signed(Signing::OfNothing).refused(400, "XAmzContentSHA256Mismatch"),
        get("/{b}").body("y").refused(501, "NotImplemented"),
        signed(Signing::Query).empty(200),
        get("/{b}/x").signed(Signing::Query).text(200, "y"),
        get("/{b}/x").signed(Signing::Query).ahead(-120).refused(403, "AccessDenied"),
        get("/{b}/x").signed(Signing::Query).by(Who::Forger).refused(403, "SignatureDoesNotMatch"),
    ]
}

fn claims() -> Vec<Step> {
    let claimed = |claim: &str| get("/{b}").by(Who::Nobody).with("authorization", claim);
    let undated =
        "AWS4-HMAC-SHA256 Credential=a/20200101/r/s3/aws4_request, SignedHeaders=host, Signature=00";
    vec![
        claimed("Bearer x").refused(400, "InvalidArgument"),
        claimed("AWS4-HMAC-SHA256 x").refused(400, "InvalidArgument"),
        claimed(undated).refused(403, "AccessDenied"),
    ]
}
