//! `cache`: bytes that outlive a call and a swap, apart for each plugin name, region and tenant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;

use crate::plugin::CallState;
use crate::plugin::contract::common::patchbay::host::cache::Host;
use crate::tenant::TenantId;

/// Whose an entry is, and the plugin's own word for it.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    plugin: String,
    region: String,
    tenant_id: Option<TenantId>,
    name: String,
}

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
            let bytes = key.plugin.len() + key.region.len() + key.name.len() + entry.value.len();
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
    fn cache_key(&self, name: String) -> Key {
        let (plugin, region) = (self.generation.plugin.clone(), self.generation.region.clone());
        Key { plugin, region, tenant_id: self.call.permit.tenant_id(), name }
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
