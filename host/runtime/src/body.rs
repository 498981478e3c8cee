//! What a call does with its component, and what comes of it: as who asks has it, and as the runtime has it. To the runtime
//! all calls are of one type, so that its way through a call is compiled once and not for each function of the contract.
//! What happens around a body is in `call`.

use std::any::Any;
use std::sync::Arc;

use anyhow::anyhow;
use futures::future::BoxFuture;
use patchbay_core::error::Error;
use wasmtime::component::Accessor;

use super::contract::types;
use super::domain::Service;
use super::state::{AnyAnswer, AnyBody, At, CallState};

/// What is done with a guest: one call of one of its functions.
pub trait Body<S: Service, T>:
    for<'a> FnOnce(&'a Accessor<CallState>, &'a S::Guest, types::Context) -> BoxFuture<'a, Answer<T>>
    + Send
    + 'static
{
}

impl<S: Service, T, F> Body<S, T> for F where
    F: for<'a> FnOnce(&'a Accessor<CallState>, &'a S::Guest, types::Context) -> BoxFuture<'a, Answer<T>>
        + Send
        + 'static
{
}

/// What a binding's call gives: a trap, or the component's own answer.
pub type Answer<T> = wasmtime::Result<Result<T, types::Error>>;

/// The body as the runtime has it.
pub(crate) fn any<S: Service, T: Send + 'static>(body: impl Body<S, T>) -> AnyBody {
    Box::new(move |at, told| {
        Box::pin(async move {
            let guest = at.guest::<S>()?;
            let answered = body(at.accessor, &guest, told).await?;
            Ok(answered.map(|answer| Box::new(answer) as AnyAnswer))
        })
    })
}

/// The answer as who asked has it.
///
/// # Errors
/// `Internal`: it is of another type, by a defect of the host.
pub(crate) fn answer<T: 'static>(any: AnyAnswer) -> Result<T, Error> {
    let other = |_| Error::internal(anyhow!("the answer is of another type than was asked for"));
    any.downcast().map(|answer| *answer).map_err(other)
}

impl At<'_> {
    fn guest<S: Service>(&self) -> wasmtime::Result<Arc<S::Guest>> {
        self.accessor.with(|mut access| {
            let known = access.get().guests.iter().find_map(|guest| Arc::clone(guest).downcast().ok());
            if let Some(guest) = known {
                return Ok(guest);
            }
            let guest = Arc::new(S::load(self.exports, &mut access, &self.instance)?);
            access.get().guests.push(Arc::clone(&guest) as Arc<dyn Any + Send + Sync>);
            Ok(guest)
        })
    }
}
