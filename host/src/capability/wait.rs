//! Waiting on a guest's behalf: what waits is no CPU time. What is waited for is the other files' affair.

use std::pin::pin;
use std::task::Poll;

use wasmtime::AsContextMut as _;
use wasmtime::component::{Accessor, HasSelf};

use crate::plugin::CallState;

/// Waits for it. If it was not there at once, the tick that passed meanwhile does not count. If it was, it counts: a guest
/// that calls and calls for what is refused at once computes.
pub(super) async fn wait<T: Send, A>(
    accessor: &Accessor<T, HasSelf<CallState>>,
    awaited: impl Future<Output = A>,
) -> A {
    let mut awaited = pin!(awaited);
    if let Poll::Ready(there) = futures::poll!(awaited.as_mut()) {
        return there;
    }
    let there = awaited.await;
    accessor.with(|mut access| access.as_context_mut().set_epoch_deadline(1));
    there
}
