//! Users: making, showing, changing, listing, removing.

use serde_json::{Value, json};

use crate::step::{Step, Who, delete, get, post, put};

pub(crate) fn quota() -> Value {
    json!({"enabled": "bool", "check_on_raw": "bool", "max_size": "int", "max_size_kb": "int", "max_objects": "int"})
}

/// As it is shown; `more` goes before.
fn user(more: Value) -> Value {
    let mut shape = json!({
        "tenant": "=", "user_id": "={u}", "display_name": "=N", "email": "=", "suspended": 0,
        "max_buckets": 1000, "subusers": [], "swift_keys": [], "caps": [], "op_mask": "=read, write, delete",
        "keys": [{"user": "={u}", "access_key": "str", "secret_key": "str"}],
        "system": "=false", "admin": "=false", "default_placement": "=", "default_storage_class": "=",
        "placement_tags": [], "bucket_quota": quota(), "user_quota": quota(), "temp_url_keys": [],
        "type": "=rgw", "mfa_ids": [],
    });
    for (key, value) in more.as_object().expect("an object") {
        shape[key] = value.clone();
    }
    shape
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![put("/admin/user?uid={u}&display-name=N").gives(user(json!({})))];
    steps.extend(refused());
    steps.extend(changed());
    steps.extend(suspended());
    steps.extend(removed());
    steps
}

fn refused() -> Vec<Step> {
    vec![
        put("/admin/user?uid={u}&display-name=N").refused(409, "UserAlreadyExists"),
        put("/admin/user?uid={u}&display-name=M").refused(409, "UserAlreadyExists"),
        put("/admin/user?uid={u}").refused(409, "UserAlreadyExists"),
        put("/admin/user?uid={u}2").refused(400, "InvalidArgument"),
        put("/admin/user?display-name=N").refused(403, "AccessDenied"),
        put("/admin/user?uid=&display-name=N").refused(403, "AccessDenied"),
        put("/admin/user?uid={u}2&display-name=N&access-key={owner.key}&secret-key=s")
            .refused(409, "KeyExists"),
        put("/admin/user?uid={u}2&display-name=N").body("{}").refused(501, "NotImplemented"),
        get("/admin/user?uid={u}2").refused(404, "NoSuchUser"),
        get("/admin/user").refused(400, "InvalidArgument"),
        get("/admin/user?uid={u}").body("{}").refused(501, "NotImplemented"),
        get("/admin/user?access-key={nobody}").refused(403, "AccessDenied"),
        get("/admin/user?uid={u}").by(Who::Owner).refused(403, "AccessDenied"),
        get("/admin/user?uid={u}").by(Who::Nobody).refused(403, "AccessDenied"),
        get("/admin/nothing").refused(405, "MethodNotAllowed"),
        get("/admin/info").refused(405, "MethodNotAllowed"),
        post("/admin/user?uid={nobody}&display-name=N").refused(404, "NoSuchUser"),
        post("/admin/user?display-name=N").refused(403, "AccessDenied"),
    ]
}

fn changed() -> Vec<Step> {
    let tenant = json!({"user_id": "=x", "tenant": "={t}", "keys": [{"user": "={t}$x", "access_key": "str", "secret_key": "str"}]});
    let slash = json!({"user_id": "={u}/a b", "keys": [{"user": "={u}/a b", "access_key": "str", "secret_key": "str"}]});
    vec![
        get("/admin/user?uid={u}").gives(user(json!({}))).save("third.key", "/keys/0/access_key"),
        get("/admin/user?access-key={third.key}").gives(user(json!({}))),
        post("/admin/user?uid={u}&display-name=M&max-buckets=3&email={u}@x")
            .gives(user(json!({"display_name": "=M", "max_buckets": 3, "email": "={u}@x"}))),
        put("/admin/user?uid={u}2&display-name=N&email={u}@x").refused(409, "EmailExists"),
        post("/admin/user?uid={u}&display-name=&max-buckets=many")
            .gives(user(json!({"display_name": "=M", "max_buckets": 0, "email": "={u}@x"}))),
        put("/admin/user?uid={t}%24x&display-name=N").gives(user(tenant)),
        get("/admin/user?uid={t}%24x").has(&[r#""tenant":"{t}""#]),
        put("/admin/user?uid={u}%24x&display-name=N").refused(400, "InvalidTenantName"),
        put("/admin/user?uid={u}%2Fa%20b&display-name=N").gives(user(slash)),
        put("/admin/user?uid={u}k&display-name=N&generate-key=false")
            .gives(user(json!({"user_id": "={u}k", "keys": []}))),
        put("/admin/user?uid={u}g&display-name=%C3%84%20%26&access-key={u}AK&secret-key=sk").gives(user(
            json!({
                "user_id": "={u}g", "display_name": "=Ä &",
                "keys": [{"user": "={u}g", "access_key": "={u}AK", "secret_key": "=sk"}],
            }),
        )),
    ]
}

fn suspended() -> Vec<Step> {
    vec![
        post("/admin/user?uid={stranger}&suspended=true").has(&[r#""suspended":1"#]),
        get("/").by(Who::Stranger).refused(403, "UserSuspended"),
        post("/admin/user?uid={stranger}&suspended=false").has(&[r#""suspended":0"#]),
        get("/").by(Who::Stranger).has(&["<ID>{stranger}</ID>"]),
    ]
}

fn removed() -> Vec<Step> {
    vec![
        put("/{b}").empty(200),
        delete("/admin/user?uid={owner}").refused(409, "BucketAlreadyExists"),
        delete("/admin/user?uid={owner}&purge-data=true").empty(200),
        get("/admin/user?uid={owner}").refused(404, "NoSuchUser"),
        get("/").refused(403, "InvalidAccessKeyId"),
        get("/admin/bucket?bucket={b}").refused(404, "NoSuchBucket"),
        delete("/admin/user?uid={owner}").refused(404, "NoSuchUser"),
        delete("/admin/user").refused(403, "AccessDenied"),
    ]
}

pub(crate) fn lists() -> Vec<Step> {
    vec![
        get("/admin/user?list").has(&[r#""{owner}""#, r#""{stranger}""#, r#""truncated":false"#]),
        get("/admin/user?list&max-entries=1")
            .gives(json!({"keys": ["str"], "truncated": true, "count": 1, "marker": "str"})),
    ]
}
