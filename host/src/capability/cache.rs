//! `cache`: bytes that outlive a call and a swap, apart for each plugin name and tenant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;

use crate::plugin::CallState;
use crate::plugin::contract::common::patchbay::host::cache::Host;
use crate::tenant::TenantId;

/// Plugin, tenant, the plugin's own key.
type Key = (String, Option<TenantId>, String);

#[derive(Clone)]
struct Entry {
    value: Arc<[u8]>,
    ttl: Duration,
}

/// All plugins' cached values, bounded in bytes together and each.
pub(crate) struct Cache {
    entries: moka::sync::Cache<Key, Entry>,
    value_bytes_max: usize,
}

impl Cache {
    pub(crate) fn new(bytes_max: u64, value_bytes_max: usize) -> Self {
        let weigh = |key: &Key, entry: &Entry| {
            let bytes = key.0.len() + key.2.len() + entry.value.len();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let entries =
            moka::sync::Cache::builder().max_capacity(bytes_max).weigher(weigh).expire_after(OwnTtl).build();
        Self { entries, value_bytes_max }
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

impl CallState {
    fn cache_key(&self, key: String) -> Key {
        (self.generation.plugin.clone(), self.call.permit.tenant_id(), key)
    }
}

impl Host for CallState {
    fn get(&mut self, key: String) -> Option<Vec<u8>> {
        let entry = self.runtime.cache.entries.get(&self.cache_key(key))?;
        Some(entry.value.to_vec())
    }

    fn set(&mut self, key: String, value: Vec<u8>, ttl_ms: u32) {
        let cache = &self.runtime.cache;
        if value.len() <= cache.value_bytes_max {
            let entry = Entry { value: value.into(), ttl: Duration::from_millis(ttl_ms.into()) };
            cache.entries.insert(self.cache_key(key), entry);
        }
    }

    fn delete(&mut self, key: String) {
        self.runtime.cache.entries.invalidate(&self.cache_key(key));
    }
}
