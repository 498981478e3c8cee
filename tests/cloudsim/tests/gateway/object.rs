//! Objects: put, got in whole or in part, removed.

use crate::step::{Step, Who, delete, get, head, put};

const HELLO: &str = r#""5d41402abc4b2a76b9719d911017c592""#;

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![
        put("/{b}/x").body("x").refused(404, "NoSuchBucket"),
        put("/{b}").empty(200),
        put("/{b}/a/1.txt")
            .body("hello")
            .with("content-type", "text/plain")
            .with("x-amz-meta-k", "v")
            .empty(200)
            .shows("etag", HELLO),
        get("/{b}/a/1.txt")
            .text(200, "hello")
            .shows("content-type", "text/plain")
            .shows("etag", HELLO)
            .shows("last-modified", "GMT")
            .shows("x-amz-meta-k", "v"),
        head("/{b}/a/1.txt").empty(200).shows("content-length", "5").shows("etag", HELLO),
        put("/{b}/%C3%A4%20b%2Bc").body("").empty(200),
        get("/{b}/%C3%A4%20b%2Bc").text(200, "").shows("content-type", "binary/octet-stream"),
        put("/{b}/a/1.txt").body("other").empty(200),
        get("/{b}/a/1.txt").text(200, "other"),
        put("/{b}/c").body("x").with("x-amz-storage-class", "FAST").refused(400, "InvalidArgument"),
    ];
    steps.extend(parts());
    steps.extend(missing());
    steps
}

fn parts() -> Vec<Step> {
    let part = |range: &str| get("/{b}/a/1.txt").with("range", range);
    vec![
        part("bytes=1-2").text(206, "th").shows("content-range", "bytes 1-2/5"),
        part("bytes=3-").text(206, "er").shows("content-range", "bytes 3-4/5"),
        part("bytes=-1").text(206, "r").shows("content-range", "bytes 4-4/5"),
        part("bytes=1-99").text(206, "ther").shows("content-range", "bytes 1-4/5"),
        part("bytes=10-20").refused(416, "InvalidRange"),
    ]
}

fn missing() -> Vec<Step> {
    vec![
        get("/{b}/none").refused(404, "NoSuchKey"),
        head("/{b}/none").refused(404, "NoSuchKey"),
        get("/{b}/none").by(Who::Stranger).refused(403, "AccessDenied"),
        get("/{nobody}/none").by(Who::Nobody).refused(404, "NoSuchBucket"),
        delete("/{b}/none").empty(204),
        delete("/{b}/a/1.txt").empty(204),
        get("/{b}/a/1.txt").refused(404, "NoSuchKey"),
        delete("/{nobody}/x").refused(404, "NoSuchBucket"),
    ]
}
