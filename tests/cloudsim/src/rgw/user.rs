//! Users as a gateway keeps and shows them. What an administrator does with them is in `admin::user`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::quota::{Quota, Usage};
use super::xml::Owner;

/// Buckets that a new user may make.
const BUCKETS_MAX: i64 = 1000;
const ACCESS_KEY_LENGTH: usize = 20;
const SECRET_KEY_LENGTH: usize = 40;

/// One account.
pub(super) struct User {
    /// With its tenant, if it has one: "tenant$name".
    pub(super) uid: String,
    pub(super) display_name: String,
    pub(super) email: String,
    pub(super) suspended: bool,
    /// 0 is no limit, below 0 is none at all.
    pub(super) buckets_max: i64,
    /// The secret half of each key by its public half.
    pub(super) keys: BTreeMap<String, String>,
    /// May use Admin Ops.
    pub(super) is_admin: bool,
    pub(super) quota: Quota,
    /// What a bucket's quota is where the bucket has none of its own.
    pub(super) bucket_quota: Quota,
    /// What the quota is held against. It begins with the figures as they are known, stale or not, when it is first
    /// needed, and follows each write.
    pub(super) counted: Option<Usage>,
    pub(super) version: u64,
    pub(super) changed: Timestamp,
}

impl User {
    pub(super) fn new(uid: &str, display_name: &str, now: Timestamp) -> Self {
        Self {
            uid: uid.to_owned(),
            display_name: display_name.to_owned(),
            email: String::new(),
            suspended: false,
            buckets_max: BUCKETS_MAX,
            keys: BTreeMap::new(),
            is_admin: false,
            quota: Quota::none(),
            bucket_quota: Quota::none(),
            counted: None,
            version: 1,
            changed: now,
        }
    }

    pub(super) fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.changed = now;
    }

    /// Ordered by the public half, not by age.
    pub(super) fn keys_view(&self) -> Value {
        let key = |(access, secret): (&String, &String)| json!({"user": self.uid, "access_key": access, "secret_key": secret});
        self.keys.iter().map(key).collect()
    }

    pub(super) fn view(&self) -> Value {
        let (tenant, name) = self.uid.split_once('$').unwrap_or(("", &self.uid));
        let caps = ["buckets", "metadata", "usage", "users"].map(|kind| json!({"type": kind, "perm": "*"}));
        let caps = if self.is_admin { caps.to_vec() } else { Vec::new() };
        json!({
            "tenant": tenant, "user_id": name, "display_name": self.display_name, "email": self.email,
            "suspended": u8::from(self.suspended), "max_buckets": self.buckets_max, "subusers": [],
            "keys": self.keys_view(), "swift_keys": [], "caps": caps, "op_mask": "read, write, delete",
            "system": "false", "admin": "false", "default_placement": "", "default_storage_class": "",
            "placement_tags": [], "bucket_quota": self.bucket_quota.view(), "user_quota": self.quota.view(),
            "temp_url_keys": [], "type": "rgw", "mfa_ids": [],
        })
    }

    /// It as an owner.
    pub(super) fn owner(&self) -> Owner {
        Owner { id: self.uid.clone(), display_name: self.display_name.clone() }
    }
}

/// The public half of a new key.
pub(super) fn access_key() -> String {
    random(ACCESS_KEY_LENGTH).to_uppercase()
}

/// The secret half of a new key.
pub(super) fn secret_key() -> String {
    random(SECRET_KEY_LENGTH)
}

fn random(length: usize) -> String {
    let mut text = Uuid::new_v4().simple().to_string() + &Uuid::new_v4().simple().to_string();
    text.truncate(length);
    text
}
