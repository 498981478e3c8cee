//! Buckets: by their owner through S3, by the administrator through Admin Ops.

use serde_json::{Value, json};

use crate::step::{Step, Who, delete, get, head, post, put};
use crate::user::quota;

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![
        get("/").has(&["<ID>{owner}</ID><DisplayName>owner</DisplayName></Owner><Buckets></Buckets>"]),
        put("/{b}").empty(200),
        put("/{b}").empty(200),
        put("/{b}").by(Who::Stranger).refused(409, "BucketAlreadyExists"),
        put("/{b}").with("x-amz-acl", "public-read").refused(409, "BucketAlreadyExists"),
        put("/{b}2").by(Who::Nobody).refused(403, "AccessDenied"),
        put("/").refused(405, "MethodNotAllowed"),
        get("/").has(&["<Buckets><Bucket><Name>{b}</Name><CreationDate>"]),
        get("/").by(Who::Nobody).has(&["<ID>anonymous</ID>", "<Buckets></Buckets>"]),
        head("/{b}").empty(200).shows("x-rgw-object-count", "0").shows("x-rgw-bytes-used", "0"),
        head("/{b}").by(Who::Stranger).refused(403, "AccessDenied"),
        head("/{nobody}").refused(404, "NoSuchBucket"),
        get("/{b}?location").has(&[">{region}</LocationConstraint>"]),
        get("/{b}?policyStatus").has(&["<IsPublic>false</IsPublic>"]),
        post("/{nobody}").refused(404, "NoSuchBucket"),
    ];
    steps.extend(placed());
    steps.extend(removed());
    steps
}

/// The body names the region, and the kind of place in it.
fn placed() -> Vec<Step> {
    let at = |place: &str| {
        let constraint = format!("<LocationConstraint>{place}</LocationConstraint>");
        put("/{b}3").body(format!("<CreateBucketConfiguration>{constraint}</CreateBucketConfiguration>"))
    };
    vec![
        at("moon").refused(400, "InvalidLocationConstraint"),
        at("{region}:fast").refused(400, "InvalidLocationConstraint"),
        put("/{b}3").body("<Create").refused(400, "InvalidArgument"),
        at("{region}:default-placement").empty(200),
        at("{region}").empty(200),
        put("/{b}4").with("x-amz-acl", "nothing").refused(400, "InvalidArgument"),
    ]
}

fn removed() -> Vec<Step> {
    vec![
        put("/{b}/x").body("x").empty(200),
        delete("/{b}").refused(409, "BucketNotEmpty"),
        delete("/{b}").by(Who::Stranger).refused(403, "AccessDenied"),
        delete("/{b}").by(Who::Nobody).refused(403, "AccessDenied"),
        delete("/{b}").by(Who::Admin).refused(403, "AccessDenied"),
        delete("/{b}/x").empty(204),
        delete("/{b}").empty(204),
        delete("/{b}").refused(404, "NoSuchBucket"),
        get("/{b}").refused(404, "NoSuchBucket"),
        put("/{b}").by(Who::Stranger).empty(200),
    ]
}

fn info(usage: Value) -> Value {
    json!({
        "bucket": "={b}", "num_shards": "int", "tenant": "=", "zonegroup": "str",
        "placement_rule": "=default-placement", "explicit_placement": "object", "id": "str", "marker": "str",
        "index_type": "=Normal", "owner": "={owner}", "ver": "~0#", "master_ver": "~0#", "mtime": "~Z",
        "creation_time": "~Z", "max_marker": "~0#", "usage": usage, "bucket_quota": quota(),
    })
}

pub(crate) fn administered() -> Vec<Step> {
    let mut steps = vec![
        get("/admin/bucket?uid={owner}").gives(json!([])),
        get("/admin/bucket?uid={nobody}").gives(json!([])),
        put("/{b}").empty(200),
        get("/admin/bucket?uid={owner}").text(200, r#"["{b}"]"#),
        get("/admin/bucket?uid={owner}&stats=true").gives(json!([info(json!({}))])),
        get("/admin/bucket?uid={owner}&bucket={b}").text(200, r#"["{b}"]"#),
        get("/admin/bucket?uid={stranger}&bucket={b}").gives(json!([])),
        get("/admin/bucket?bucket={b}").gives(info(json!({}))),
        put("/{b}/x").body("x").empty(200),
        get("/admin/bucket?bucket={b}&stats=true").gives(info(json!({"rgw.main": "object"}))),
        get("/admin/bucket").has(&[r#""{b}""#]),
        get("/admin/bucket?bucket={nobody}&stats=true").refused(404, "NoSuchBucket"),
        get("/admin/bucket?uid={owner}").by(Who::Owner).refused(403, "AccessDenied"),
        get("/admin/bucket?policy&bucket={nobody}").refused(404, "NoSuchKey"),
        get("/admin/bucket?policy&bucket={b}").gives(json!({
            "acl": {"acl_user_map": [{"user": "={owner}", "acl": 15}], "acl_group_map": [], "grant_map": "list"},
            "owner": {"id": "={owner}", "display_name": "=owner"},
        })),
    ];
    steps.extend(limited());
    steps.extend([
        delete("/admin/bucket?bucket={b}").refused(409, "BucketNotEmpty"),
        delete("/admin/bucket").refused(400, "InvalidArgument"),
        delete("/admin/bucket?bucket={nobody}").refused(404, "NoSuchBucket"),
        delete("/admin/bucket?bucket={b}&purge-objects=true").empty(200),
        get("/{b}/x").refused(404, "NoSuchBucket"),
    ]);
    steps
}

/// One bucket's quota: without a size in KiB nothing may be stored.
fn limited() -> Vec<Step> {
    let set = |parameters: &str| put(&format!("/admin/bucket?quota&uid={{owner}}&bucket={{b}}&{parameters}"));
    vec![
        set("max-objects=4&enabled=true").empty(200),
        get("/admin/bucket?bucket={b}").has(&[r#""max_size":0"#, r#""max_objects":4"#]),
        put("/{b}/y").body("y").refused(403, "QuotaExceeded"),
        set("max-size-kb=8&enabled=true").empty(200),
        put("/{b}/y").body("y").empty(200),
        put("/{b}/z").body("z").refused(403, "QuotaExceeded"),
        put("/admin/bucket?quota&bucket={b}&enabled=true").refused(400, "InvalidArgument"),
        put("/admin/bucket?quota&uid={owner}&bucket={nobody}&enabled=true").refused(404, "NoSuchKey"),
    ]
}
