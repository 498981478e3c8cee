//! `settings`: the values that the plugin's route gives it.

use crate::contract::common::patchbay::host::settings::Host;
use crate::state::CallState;

impl Host for CallState {
    fn get(&mut self, key: String) -> Option<String> {
        self.grant.settings.get(&key).cloned()
    }
}
