//! `settings`: the values that the plugin's route gives it.

use crate::plugin::CallState;
use crate::plugin::contract::common::patchbay::host::settings::Host;

impl Host for CallState {
    fn get(&mut self, key: String) -> Option<String> {
        self.generation.route.settings.get(&key).cloned()
    }
}
