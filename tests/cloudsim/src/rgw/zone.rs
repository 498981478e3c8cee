//! What one gateway keeps, and what several of its APIs do with it: finding, counting, keeping to the quota.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::bucket::Bucket;
use super::quota::Usage;
use super::refusal::Code;
use super::user::User;
use super::{REGIONS, admin_key};
use crate::control::Resource;

/// The administrator's account.
const ADMIN: &str = "admin";

/// Users and buckets of one region.
pub(crate) struct Zone {
    pub(super) region: &'static str,
    /// The zone group's id, part of what the administrator sees.
    pub(super) group_id: String,
    pub(super) users: BTreeMap<String, User>,
    pub(super) buckets: BTreeMap<String, Bucket>,
    /// How many buckets were ever made.
    pub(super) made: u64,
    /// How far its clock is ahead of all others.
    pub(crate) ahead: SignedDuration,
}

impl Zone {
    pub(crate) fn both(now: Timestamp) -> [Self; 2] {
        REGIONS.map(|region| {
            let (access_key, secret_key) = admin_key(region);
            let mut admin = User::new(ADMIN, ADMIN, now);
            admin.is_admin = true;
            admin.keys.insert(access_key, secret_key);
            let users = BTreeMap::from([(ADMIN.to_owned(), admin)]);
            let group_id = Uuid::new_v4().to_string();
            Self { region, group_id, users, buckets: BTreeMap::new(), made: 0, ahead: SignedDuration::ZERO }
        })
    }

    /// What clients have made, for the control handle.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let resource = |kind: &str, name: &str, owner: &str| Resource {
            kind: kind.to_owned(),
            id: format!("{}/{name}", self.region),
            name: name.to_owned(),
            project_id: owner.to_owned(),
            status: self.region.to_owned(),
        };
        let users = self.users.values().filter(|user| !user.is_admin);
        let users = users.map(|user| resource("gateway_user", &user.uid, ""));
        users.chain(self.buckets.values().map(|b| resource("bucket", &b.name, &b.owner))).collect()
    }

    pub(super) fn user(&self, uid: &str) -> Result<&User, Code> {
        self.users.get(uid).ok_or(Code::NoSuchUser)
    }

    pub(super) fn user_mut(&mut self, uid: &str) -> Result<&mut User, Code> {
        self.users.get_mut(uid).ok_or(Code::NoSuchUser)
    }

    pub(super) fn user_of_key(&self, access_key: &str) -> Option<&User> {
        self.users.values().find(|user| user.keys.contains_key(access_key))
    }

    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket, Code> {
        self.buckets.get(name).ok_or(Code::NoSuchBucket)
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, Code> {
        self.buckets.get_mut(name).ok_or(Code::NoSuchBucket)
    }

    pub(super) fn buckets_of<'a>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Bucket> {
        self.buckets.values().filter(move |bucket| bucket.owner == uid)
    }

    /// The user's figures as they were last brought up to date.
    pub(super) fn stats(&self, uid: &str) -> Usage {
        self.buckets_of(uid).map(|bucket| bucket.synced).fold(Usage::default(), Usage::plus)
    }

    /// Brings the user's figures up to date.
    pub(super) fn sync(&mut self, uid: &str) {
        for bucket in self.buckets.values_mut().filter(|bucket| bucket.owner == uid) {
            bucket.synced = bucket.usage();
        }
    }

    /// Refuses one more object of this size where the bucket's or its owner's quota does.
    pub(super) fn admit(&mut self, bucket: &str, more: Usage) -> Result<(), Code> {
        let bucket = self.bucket(bucket)?;
        let (owner, of_bucket) = (bucket.owner.clone(), bucket.quota);
        let (in_bucket, known) = (bucket.usage(), self.stats(&owner));
        let owner = self.user_mut(&owner)?;
        // A bucket's own quota goes before the one that its owner's buckets have.
        let of_bucket = if of_bucket.enabled { of_bucket } else { owner.bucket_quota };
        let admitted = of_bucket.admits(in_bucket, more)
            && (!owner.quota.enabled || owner.quota.admits(*owner.counted.get_or_insert(known), more));
        if admitted { Ok(()) } else { Err(Code::QuotaExceeded) }
    }

    /// Tells the owner's quota what has come and gone.
    pub(super) fn count(&mut self, owner: &str, come: Usage, gone: Usage) {
        let counted = self.users.get_mut(owner).and_then(|user| user.counted.as_mut());
        if let Some(counted) = counted {
            *counted = counted.plus(come).minus(gone);
        }
    }
}
