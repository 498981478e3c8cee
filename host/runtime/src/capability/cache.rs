//! `cache`: the bytes that are kept for a plugin. How they are kept is not known here.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::{Entry, Key};
use crate::contract::common::patchbay::host::cache::Host;
use crate::state::CallState;

impl CallState {
    fn cache_key(&self, name: String) -> Key {
        let (plugin, region) = (self.grant.plugin.clone(), self.grant.region.clone());
        Key { plugin, region, tenant_id: self.context.permit.tenant_id(), name }
    }
}

impl Host for CallState {
    fn get(&mut self, key: String) -> Option<Vec<u8>> {
        let entry = self.resources.cache.get(&self.cache_key(key))?;
        Some(entry.value.to_vec())
    }

    fn set(&mut self, key: String, value: Vec<u8>, ttl_ms: u32) {
        let entry = Entry { value: Arc::new(value), ttl: Duration::from_millis(ttl_ms.into()) };
        self.resources.cache.set(self.cache_key(key), entry);
    }

    fn delete(&mut self, key: String) {
        self.resources.cache.delete(&self.cache_key(key));
    }
}
