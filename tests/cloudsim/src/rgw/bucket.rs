//! Buckets and their objects as a gateway keeps and shows them. What is done with them is in `s3` and `admin`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::acl::Acl;
use super::policy::Policy;
use super::quota::{Quota, Usage};

/// Each bucket's index is kept in so many parts, which the administrator sees.
const SHARDS: usize = 11;

/// One object.
pub(super) struct Object {
    pub(super) body: Bytes,
    pub(super) content_type: String,
    /// What the client wrote beside it, in `x-amz-meta-*`.
    pub(super) metadata: Vec<(String, String)>,
    /// The body's MD5.
    pub(super) etag: String,
    pub(super) modified: Timestamp,
    pub(super) owner: String,
    pub(super) acl: Acl,
}

/// One bucket.
pub(super) struct Bucket {
    pub(super) name: String,
    /// Of this bucket; a later one of the same name has another.
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) created: Timestamp,
    pub(super) acl: Acl,
    pub(super) policy: Option<Policy>,
    pub(super) quota: Quota,
    pub(super) objects: BTreeMap<String, Object>,
    /// The use as its owner's figures have it: what it was when they were last brought up to date.
    pub(super) synced: Usage,
}

impl Bucket {
    pub(super) fn usage(&self) -> Usage {
        let each = self.objects.values().map(|object| Usage::of(object.body.len()));
        each.fold(Usage::default(), Usage::plus)
    }

    /// As Admin Ops shows it.
    pub(super) fn view(&self, zonegroup: &str) -> Value {
        let used = self.usage();
        let usage =
            if self.objects.is_empty() { json!({}) } else { json!({"rgw.main": used.view(used.bytes)}) };
        json!({
            "bucket": self.name, "num_shards": SHARDS, "tenant": "", "zonegroup": zonegroup,
            "placement_rule": "default-placement",
            "explicit_placement": {"data_pool": "", "data_extra_pool": "", "index_pool": ""},
            "id": self.id, "marker": self.id, "index_type": "Normal", "owner": self.owner,
            "ver": shards(1), "master_ver": shards(0), "mtime": micros(self.created),
            "creation_time": micros(self.created), "max_marker": shards_without_value(), "usage": usage,
            "bucket_quota": self.quota.view(),
        })
    }
}

fn shards(version: u32) -> String {
    (0..SHARDS).map(|shard| format!("{shard}#{version}")).collect::<Vec<_>>().join(",")
}

fn shards_without_value() -> String {
    (0..SHARDS).map(|shard| format!("{shard}#")).collect::<Vec<_>>().join(",")
}

/// "2026-11-23T19:01:03.661917Z"
pub(super) fn micros(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// "2026-11-23T19:01:03.661Z", as S3 has it.
pub(super) fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The rules of S3: 3 to 63 of a-z, 0-9, dot and hyphen; labels between dots that begin and end with a letter or a
/// digit; no address.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends =
        |label: &str| label.bytes().next().is_some_and(plain) && label.bytes().last().is_some_and(plain);
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.')
        && name.split('.').all(ends)
        && name.parse::<Ipv4Addr>().is_err()
}
