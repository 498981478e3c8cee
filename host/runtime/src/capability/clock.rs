//! `clock`: the time, and waiting within the call's deadline.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::component::{Accessor, HasSelf};

use super::wait::wait;
use crate::contract::common::patchbay::host::clock::{Host, HostWithStore};
use crate::state::CallState;

impl Host for CallState {
    fn now_ms(&mut self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl<T: Send> HostWithStore<T> for HasSelf<CallState> {
    async fn sleep(accessor: &Accessor<T, Self>, ms: u32) {
        // The contract has no error for this; the call ends.
        let Ok(_begun) = accessor.with(|mut access| access.get().begin(0)) else { return };
        wait(accessor, tokio::time::sleep(Duration::from_millis(ms.into()))).await;
    }
}
