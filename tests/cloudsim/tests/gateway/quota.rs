//! Quotas: what is set, what is reached, and what the figures say in the meantime.

use serde_json::{Value, json};

use crate::step::{Step, delete, get, post, put};
use crate::user::quota;

fn shown(enabled: bool, max_size: i64, max_size_kb: i64, max_objects: i64) -> Step {
    get("/admin/user?quota&uid={owner}&quota-type=user").gives(json!({
        "enabled": enabled, "check_on_raw": false, "max_size": max_size, "max_size_kb": max_size_kb,
        "max_objects": max_objects,
    }))
}

fn set(parameters: &str) -> Step {
    put(&format!("/admin/user?quota&uid={{owner}}&quota-type=user&{parameters}")).empty(200)
}

pub(crate) fn limits() -> Vec<Step> {
    let path = "/admin/user?quota&uid={owner}";
    vec![
        get(path).gives(json!({"bucket_quota": quota(), "user_quota": quota()})),
        shown(false, -1, 0, -1),
        set("max-size=5000&enabled=true"),
        shown(true, 5000, 5, -1),
        set("max-objects=7"),
        shown(true, 5000, 5, 7),
        set("max-size-kb=3"),
        shown(true, 3072, 3, 7),
        set("max-size=5001&max-size-kb=9"),
        shown(true, 9216, 9, 7),
        set("max-size=-5&max-objects=-7"),
        shown(true, -5, 0, -7),
        set("max-size=0&max-objects=0"),
        shown(true, 0, 0, 0),
        set("max-size=big"),
        shown(true, -1, 0, 0),
        set("enabled=false"),
        shown(false, -1, 0, 0),
        put("/admin/user?quota&uid={owner}&quota-type=bucket&max-objects=4").empty(200),
        get("/admin/user?uid={owner}").has(&[r#""max_objects":4"#, r#""max_objects":0"#]),
        put(path).refused(400, "InvalidArgument"),
        get("/admin/user?quota&uid={owner}&quota-type=other").refused(400, "InvalidArgument"),
        get("/admin/user?quota&quota-type=user").refused(400, "InvalidArgument"),
        get("/admin/user?quota&uid={nobody}&quota-type=user").refused(404, "NoSuchUser"),
        put("/admin/user?quota&uid={nobody}&quota-type=user&enabled=true").refused(404, "NoSuchUser"),
        put("/admin/user?quota&uid={owner}&quota-type=user").body("{}").refused(501, "NotImplemented"),
    ]
}

/// Each object counts in whole blocks of 4 KiB, and one that replaces another as one more.
pub(crate) fn reached() -> Vec<Step> {
    let object = |number: u32, body: &str| put(&format!("/{{b}}/{number}")).body(body);
    vec![
        set("max-objects=2&max-size=8192&enabled=true"),
        put("/{b}").empty(200),
        object(0, "x").empty(200),
        object(1, "x").empty(200),
        object(2, "x").refused(403, "QuotaExceeded"),
        object(0, "x").refused(403, "QuotaExceeded"),
        set("max-objects=9"),
        object(2, "x").refused(403, "QuotaExceeded"),
        object(2, "").empty(200),
        set("max-size=12287"),
        object(3, "x").refused(403, "QuotaExceeded"),
        set("max-size=12288"),
        object(3, "x").empty(200),
        delete("/{b}/3").empty(204),
        object(4, "x").empty(200),
        set("max-size=0&max-objects=0"),
        object(5, "x").refused(403, "QuotaExceeded"),
        set("max-size=-1&max-objects=-1"),
        object(5, "x").empty(200),
        put("/{b}2").empty(200),
        post("/admin/user?uid={owner}&max-buckets=2").status(200),
        put("/{b}3").refused(400, "TooManyBuckets"),
        put("/{b}").refused(400, "TooManyBuckets"),
        post("/admin/user?uid={owner}&max-buckets=-1").status(200),
        put("/{b}3").refused(403, "AccessDenied"),
        post("/admin/user?uid={owner}&max-buckets=0").status(200),
        put("/{b}3").empty(200),
    ]
}

/// A quota set when there is something already is held against the figures, which do not know of it.
pub(crate) fn late() -> Vec<Step> {
    vec![
        put("/{b}").empty(200),
        put("/{b}/0").body("x").empty(200),
        put("/{b}/1").body("x").empty(200),
        set("max-objects=2&enabled=true"),
        put("/{b}/2").body("x").empty(200),
        get("/admin/user?uid={owner}&stats=true&sync=true").has(&[r#""num_objects":3"#]),
        put("/{b}/3").body("x").empty(200),
        put("/{b}/4").body("x").refused(403, "QuotaExceeded"),
    ]
}

fn counted(objects: u32, size: u32, actual: u32) -> Value {
    json!({"stats": {
        "size": size, "size_actual": actual, "size_utilized": 0, "size_kb": size.div_ceil(1024),
        "size_kb_actual": actual.div_ceil(1024), "size_kb_utilized": 0, "num_objects": objects,
    }, "...": ""})
}

/// A user's figures are as old as their last synchronisation; a bucket's are current.
pub(crate) fn stats() -> Vec<Step> {
    let user = || get("/admin/user?uid={owner}&stats=true");
    let synchronised = || get("/admin/user?uid={owner}&stats=true&sync=true");
    let bucket = json!({"rgw.main": {
        "size": 5001, "size_actual": 12288, "size_utilized": 5001, "size_kb": 5, "size_kb_actual": 12,
        "size_kb_utilized": 5, "num_objects": 2,
    }});
    vec![
        user().gives(counted(0, 0, 0)),
        put("/{b}").empty(200),
        put("/{b}/0").body("x".repeat(5000)).empty(200),
        put("/{b}/1").body("x").empty(200),
        user().gives(counted(0, 0, 0)),
        get("/admin/bucket?bucket={b}&stats=true").gives(json!({"usage": bucket, "...": ""})),
        synchronised().gives(counted(2, 5001, 12288)),
        put("/{b}/2").body("x").empty(200),
        user().gives(counted(2, 5001, 12288)),
        delete("/{b}").refused(409, "BucketNotEmpty"),
        user().gives(counted(3, 5002, 16384)),
        delete("/admin/bucket?bucket={b}&purge-objects=true").empty(200),
        synchronised().gives(counted(0, 0, 0)),
    ]
}
