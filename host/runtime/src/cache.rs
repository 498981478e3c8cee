//! Bytes that outlive a call and a swap, apart for each plugin name, region and tenant. A tenant has a share of them, so that
//! what is kept for one does not drive out what is kept for all others. How a plugin asks for them is `capability/cache`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use moka::Expiry;
use patchbay_core::TenantId;

/// Whose an entry is, and the plugin's own word for it.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) plugin: String,
    pub(crate) region: String,
    pub(crate) tenant_id: Option<TenantId>,
    pub(crate) name: String,
}

#[derive(Clone)]
pub(crate) struct Entry {
    /// As it was lifted: copying a large one once more takes its time.
    pub(crate) value: Arc<Vec<u8>>,
    pub(crate) ttl: Duration,
}

/// What one entry takes.
fn bytes(key: &Key, entry: &Entry) -> usize {
    key.plugin.len() + key.region.len() + key.name.len() + entry.value.len()
}

/// All plugins' cached values, bounded in bytes together, for each tenant, and each.
pub(crate) struct Cache {
    entries: moka::sync::Cache<Key, Entry>,
    kept: Arc<Kept>,
    bounds: Bounds,
}

/// In bytes.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes_max: u64,
    pub(crate) bytes_per_tenant_max: usize,
    pub(crate) value_bytes_max: usize,
}

impl Cache {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let kept = Arc::new(Kept::default());
        let freed = Arc::clone(&kept);
        let entries = moka::sync::Cache::builder()
            .max_capacity(bounds.bytes_max)
            .weigher(|key, entry| u32::try_from(bytes(key, entry)).unwrap_or(u32::MAX))
            .expire_after(OwnTtl)
            .eviction_listener(move |key, entry, _cause| freed.less(key.tenant_id, bytes(&key, &entry)))
            .build();
        Self { entries, kept, bounds }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Entry> {
        self.entries.get(key)
    }

    pub(crate) fn delete(&self, key: &Key) {
        self.entries.invalidate(key);
    }

    /// Keeps it in the place of what has the name, or nothing where it is too large or its tenant has its share.
    pub(crate) fn set(&self, key: Key, entry: Entry) {
        if entry.value.len() > self.bounds.value_bytes_max {
            return self.entries.invalidate(&key);
        }
        let (tenant, size) = (key.tenant_id, bytes(&key, &entry));
        let more = || self.kept.more(tenant, size, self.bounds.bytes_per_tenant_max);
        let mut fits = more();
        if !fits {
            // What is over is taken out now and then; here at the latest.
            self.entries.run_pending_tasks();
            fits = more();
        }
        if fits {
            self.entries.insert(key, entry);
        } else {
            self.entries.invalidate(&key);
        }
    }
}

/// How many bytes are kept for each tenant that has any.
#[derive(Default)]
struct Kept(Mutex<HashMap<Option<TenantId>, usize>>);

impl Kept {
    /// Whether so many more are within the share; then they count.
    fn more(&self, tenant: Option<TenantId>, bytes: usize, max: usize) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(&tenant).copied().unwrap_or(0).saturating_add(bytes);
        if kept <= max {
            all.insert(tenant, kept);
        }
        kept <= max
    }

    fn less(&self, tenant: Option<TenantId>, bytes: usize) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(&tenant) {
            Some(kept) if *kept > bytes => *kept -= bytes,
            _ => drop(all.remove(&tenant)),
        }
    }
}

/// Each entry says itself how long it lives.
struct OwnTtl;

impl Expiry<Key, Entry> for OwnTtl {
    fn expire_after_create(&self, _key: &Key, entry: &Entry, _now: Instant) -> Option<Duration> {
        Some(entry.ttl)
    }

    fn expire_after_update(
        &self,
        _key: &Key,
        entry: &Entry,
        _now: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ttl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tenant: &str, name: &str) -> Key {
        let (plugin, region) = ("p".to_owned(), "r".to_owned());
        Key { plugin, region, tenant_id: Some(tenant.parse().unwrap()), name: name.to_owned() }
    }

    fn entry(bytes: usize) -> Entry {
        Entry { value: vec![0; bytes].into(), ttl: Duration::from_secs(3_600) }
    }

    #[test]
    fn a_tenant_has_its_share_and_gets_back_what_is_over() {
        let bounds = Bounds { bytes_max: 10_000, bytes_per_tenant_max: 100, value_bytes_max: 90 };
        let (cache, one, other) = (Cache::new(bounds), "t-0000000001", "t-0000000002");
        let has = |tenant, name| cache.entries.contains_key(&key(tenant, name));
        cache.set(key(one, "a"), entry(60));
        cache.set(key(one, "b"), entry(60));
        assert!(has(one, "a") && !has(one, "b"), "beyond its share");
        cache.set(key(other, "b"), entry(60));
        assert!(has(other, "b"), "another tenant's share");
        cache.entries.invalidate(&key(one, "a"));
        cache.set(key(one, "c"), entry(60));
        cache.set(key(one, "c"), entry(30));
        cache.set(key(one, "e"), entry(30));
        assert!(has(one, "c") && has(one, "e"), "in the room of what is gone");
        cache.set(key(one, "d"), entry(91));
        assert!(!has(one, "d"), "a value that is too large");
        for tenant in [one, other] {
            ["b", "c", "e"].iter().for_each(|name| cache.entries.invalidate(&key(tenant, name)));
        }
        cache.entries.run_pending_tasks();
        assert!(cache.kept.0.lock().unwrap().is_empty(), "nothing is kept of who has nothing");
    }
}
