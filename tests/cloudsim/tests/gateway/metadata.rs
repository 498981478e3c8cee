//! Users and buckets as the gateway keeps them.

use serde_json::json;

use crate::step::{Step, get, post, put};
use crate::user::quota;

pub(crate) fn table() -> Vec<Step> {
    let data = json!({
        "user_id": "={owner}", "display_name": "=owner", "max_buckets": 1000, "suspended": 0, "keys": "list",
        "user_quota": quota(), "bucket_quota": quota(), "attrs": "list", "type": "=rgw", "...": "",
    });
    let kept =
        json!({"key": "=user:{owner}", "ver": {"tag": "str", "ver": "int"}, "mtime": "~Z", "data": data});
    let page = json!({"keys": ["str"], "truncated": "=true", "count": 1, "marker": "str"});
    vec![
        get("/admin/metadata/user").has(&[r#""{owner}""#, r#""{stranger}""#]).lacks("{nobody}"),
        get("/admin/metadata/user?max-entries=1").gives(page),
        get("/admin/metadata/user?key={owner}").gives(kept).shows("content-type", "application/json"),
        get("/admin/metadata/user?key={nobody}").refused(404, "NoSuchKey"),
        get("/admin/metadata/bucket").lacks("{b}"),
        put("/{b}").empty(200),
        get("/admin/metadata/bucket").has(&[r#""{b}""#]),
        post("/admin/user?uid={owner}&display-name=other").status(200),
        get("/admin/metadata/user?key={owner}").has(&[r#""display_name":"other""#]),
    ]
}
