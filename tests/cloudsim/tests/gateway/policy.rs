//! Bucket policies: they open what is there already, to everybody or to one.

use serde_json::{Value, json};

use crate::step::{Step, Who, delete, get, head, put};

fn statement(effect: &str, principal: Value, actions: &[&str]) -> Value {
    let resources = ["arn:aws:s3:::{b}", "arn:aws:s3:::{b}/*"];
    json!({"Effect": effect, "Principal": principal, "Action": actions, "Resource": resources})
}

fn policy(statements: Value) -> Step {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    put("/{b}?policy").body(document.to_string())
}

fn opened(actions: &[&str]) -> Step {
    policy(json!([statement("Allow", json!({"AWS": ["*"]}), actions)])).empty(204)
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![
        put("/{b}").empty(200),
        put("/{b}/x").body("x").empty(200),
        get("/{b}?policy").refused(404, "NoSuchBucketPolicy"),
        delete("/{b}?policy").empty(200),
    ];
    steps.extend(read_only());
    steps.extend(read_write());
    steps.extend(others());
    steps.extend([
        delete("/{b}?policy").empty(200),
        get("/{b}/x").by(Who::Nobody).refused(403, "AccessDenied"),
        // What somebody else has put stays theirs.
        get("/{b}/theirs").refused(403, "AccessDenied"),
        delete("/{nobody}?policy").refused(404, "NoSuchBucket"),
    ]);
    steps
}

fn read_only() -> Vec<Step> {
    let mut steps = vec![
        opened(&["s3:GetObject", "s3:ListBucket"]),
        get("/{b}?policy").has(&[r#""Action":["s3:GetObject","s3:ListBucket"]"#]),
        get("/{b}?policyStatus").has(&["<IsPublic>true</IsPublic>"]),
    ];
    for who in [Who::Nobody, Who::Stranger] {
        steps.extend([
            get("/{b}/x").by(who).text(200, "x"),
            head("/{b}/x").by(who).empty(200),
            get("/{b}/none").by(who).refused(404, "NoSuchKey"),
            get("/{b}").by(who).has(&["<Key>x</Key>"]),
            head("/{b}").by(who).empty(200),
            put("/{b}/y").by(who).body("y").refused(403, "AccessDenied"),
            delete("/{b}/x").by(who).refused(403, "AccessDenied"),
            get("/{b}?policy").by(who).refused(403, "AccessDenied"),
        ]);
    }
    steps.extend([
        opened(&["s3:GetObject"]),
        get("/{b}/x").by(Who::Nobody).text(200, "x"),
        get("/{b}/none").by(Who::Nobody).refused(403, "AccessDenied"),
        get("/{b}").by(Who::Nobody).refused(403, "AccessDenied"),
    ]);
    steps
}

/// What nobody that is known puts is the bucket owner's.
fn read_write() -> Vec<Step> {
    vec![
        opened(&["s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject"]),
        put("/{b}/y").by(Who::Nobody).body("y").empty(200),
        get("/{b}/y?acl").has(&["<Owner><ID>{owner}</ID>"]),
        get("/{b}/y").text(200, "y"),
        delete("/{b}/y").by(Who::Nobody).empty(204),
        put("/{b}/theirs").by(Who::Stranger).body("z").empty(200),
        get("/{b}/theirs").text(200, "z"),
        put("/admin/user?quota&uid={owner}&quota-type=user&max-objects=0&enabled=true").empty(200),
        put("/{b}/y").by(Who::Nobody).body("y").refused(403, "QuotaExceeded"),
    ]
}

/// One user by name, and a refusal, which goes before every permission, the owner's too.
fn others() -> Vec<Step> {
    let stranger = json!({"AWS": ["arn:aws:iam:::user/{stranger}"]});
    let refused = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{b}/x"});
    vec![
        policy(json!([statement("Allow", stranger, &["s3:GetObject"])])).empty(204),
        get("/{b}/x").by(Who::Stranger).text(200, "x"),
        get("/{b}/x").by(Who::Nobody).refused(403, "AccessDenied"),
        // To the gateway, whatever is permitted is public.
        get("/{b}?policyStatus").has(&["<IsPublic>true</IsPublic>"]),
        policy(json!([statement("Allow", json!("*"), &["s3:*"]), refused])).empty(204),
        get("/{b}/x").by(Who::Nobody).refused(403, "AccessDenied"),
        get("/{b}/x").refused(403, "AccessDenied"),
        get("/{b}?policy").by(Who::Nobody).has(&["Deny"]),
    ]
}

pub(crate) fn refused() -> Vec<Step> {
    let put = |body: &str| put("/{b}?policy").body(body);
    let version = json!({"Version": "2020-01-01", "Statement": []}).to_string();
    let elsewhere = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*"});
    vec![
        put("{}").refused(404, "NoSuchBucket"),
        crate::step::put("/{b}").empty(200),
        put("{").refused(400, "InvalidArgument"),
        put("").refused(400, "InvalidArgument"),
        put(&version).refused(400, "InvalidArgument"),
        policy(json!([statement("Allow", json!("*"), &["s3:Nothing"])])).refused(400, "InvalidArgument"),
        policy(json!([statement("Maybe", json!("*"), &["s3:GetObject"])])).refused(400, "InvalidArgument"),
        policy(json!([elsewhere])).empty(204),
        put("{}").empty(204),
        get("/{b}?policy").text(200, "{}"),
    ]
}
