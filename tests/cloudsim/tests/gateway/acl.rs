//! Canned access control lists: of a bucket, which do not open what is in it, and of an object.

use crate::step::{Step, Who, get, put};

pub(crate) fn table() -> Vec<Step> {
    let full = "<ID>{owner}</ID><DisplayName>owner</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>";
    let read = "global/AllUsers</URI></Grantee><Permission>READ</Permission>";
    let write = "global/AllUsers</URI></Grantee><Permission>WRITE</Permission>";
    vec![
        put("/{b}").with("x-amz-acl", "public-read").empty(200),
        put("/{b}").with("x-amz-acl", "public-read").empty(200),
        get("/{b}?acl").has(&[read, full]).lacks("WRITE"),
        get("/{b}?acl").by(Who::Stranger).refused(403, "AccessDenied"),
        get("/{b}").by(Who::Nobody).has(&["<Name>{b}</Name>"]),
        put("/{b}/x").body("x").empty(200),
        get("/{b}/x?acl").has(&[full]).lacks("READ"),
        get("/{b}/x").by(Who::Nobody).refused(403, "AccessDenied"),
        get("/{b}/none").by(Who::Nobody).refused(404, "NoSuchKey"),
        put("/{b}/y").by(Who::Nobody).body("y").refused(403, "AccessDenied"),
        put("/{b}/y").body("y").with("x-amz-acl", "public-read").empty(200),
        get("/{b}/y").by(Who::Nobody).text(200, "y"),
        put("/{b}?acl").with("x-amz-acl", "public-read-write").empty(200),
        get("/{b}?acl").has(&[read, write, full]),
        put("/{b}/z").by(Who::Nobody).body("z").empty(200),
        put("/{b}?acl").with("x-amz-acl", "private").empty(200),
        get("/{b}").by(Who::Nobody).refused(403, "AccessDenied"),
    ]
}
