//! Waiting on a guest's behalf: what waits is no CPU time.

use std::future::poll_fn;
use std::pin::pin;

use wasmtime::AsContextMut as _;
use wasmtime::component::{Accessor, HasSelf};

use crate::state::CallState;

/// Waits for it. If it was not there at once, the tick that passed meanwhile does not count. If it was, it counts: a guest
/// that calls and calls for what is refused at once computes.
pub(super) async fn wait<T: Send, A>(
    accessor: &Accessor<T, HasSelf<CallState>>,
    awaited: impl Future<Output = A>,
) -> A {
    let (there, waited) = noting(awaited).await;
    if waited {
        accessor.with(|mut access| access.as_context_mut().set_epoch_deadline(1));
    }
    there
}

/// The same, and whether there was anything to wait for.
async fn noting<A>(awaited: impl Future<Output = A>) -> (A, bool) {
    let (mut awaited, mut waited) = (pin!(awaited), false);
    let there = poll_fn(|cx| {
        let polled = awaited.as_mut().poll(cx);
        waited |= polled.is_pending();
        polled
    });
    (there.await, waited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_there_at_once_is_not_waited_for() {
        assert_eq!(noting(async { 7 }).await, (7, false));
        assert_eq!(noting(tokio::task::yield_now()).await, ((), true));
    }
}
