//! Keys: more of them, in the order of their public halves; one that is gone lets nobody in.

use serde_json::{Value, json};

use crate::step::{Step, Who, delete, get, put};

fn key(access: &str, secret: &str) -> Value {
    json!({"user": "={owner}", "access_key": access, "secret_key": secret})
}

pub(crate) fn table() -> Vec<Step> {
    vec![
        // A hyphen comes before all that a made key has.
        put("/admin/user?key&uid={owner}&access-key=-{u}&secret-key=first")
            .has(&[r#"[{"#, r#"-{u}"#])
            .save("third.key", "/0/access_key")
            .save("third.secret", "/0/secret_key"),
        get("/").by(Who::Third).has(&["<ID>{owner}</ID>"]),
        put("/admin/user?key&uid={owner}&access-key=-{u}&secret-key=second").has(&["second"]).lacks("first"),
        get("/").by(Who::Third).refused(403, "SignatureDoesNotMatch"),
        put("/admin/user?key&uid={owner}").gives(json!([key("str", "str")])),
        put("/admin/user?key&uid={owner}&access-key={u}only").has(&["{u}only"]),
        put("/admin/user?key&uid={stranger}&access-key=-{u}&secret-key=x").refused(409, "KeyExists"),
        put("/admin/user?key&uid={nobody}").refused(404, "NoSuchUser"),
        put("/admin/user?key").refused(403, "AccessDenied"),
        delete("/admin/user?key&access-key=-{u}").empty(200),
        get("/").by(Who::Third).refused(403, "InvalidAccessKeyId"),
        delete("/admin/user?key&uid={owner}&access-key={owner.key}").empty(200),
        get("/").refused(403, "InvalidAccessKeyId"),
        delete("/admin/user?key&access-key=-{u}").refused(403, "AccessDenied"),
        delete("/admin/user?key&uid={owner}&access-key=-{u}").refused(403, "InvalidAccessKeyId"),
        delete("/admin/user?key&uid={owner}").refused(403, "InvalidAccessKeyId"),
    ]
}
