//! `patchbay:storage/disks` for compute plugins: the active storage plugin answers, in a store of its own, on
//! behalf of the same caller. What context the compute plugin passes does not count: it cannot speak for another tenant.

use std::sync::Arc;

use patchbay_core::error::{Error, Kind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use wasmtime::component::{Accessor, HasSelf};

use super::upstream::to_plugin;
use super::wait::wait;
use crate::body::{self, Body};
use crate::context::CallContext;
use crate::contract::compute::patchbay::storage::disks::{
    Attachment, Context, Disk, Host, HostWithStore, Spec,
};
use crate::contract::storage::exports::patchbay::storage::disks as served;
use crate::contract::types;
use crate::domain::Disks;
use crate::state::CallState;

impl Host for CallState {}

/// Calls the active storage plugin for the caller of this store. In a task of its own: wasmtime refuses to drive a
/// second store inside the first one's event loop. The task ends with the call that waits for it. `bytes`: of what is
/// passed on.
async fn ask<T: Send, R: Send + 'static>(
    accessor: &Accessor<T, HasSelf<CallState>>,
    bytes: usize,
    body: impl Body<Disks, R>,
) -> Result<R, types::Error> {
    let asked = accessor.with(|mut access| {
        let state = access.get();
        // Counted first: beyond that bound the call ends, within it too many at once are refused.
        let begun = state.begin(bytes)?;
        let place = place(state)?;
        let region = state.grant.region.clone();
        let context = CallContext::clone(&state.context).admitted();
        let storage =
            state.storage.upgrade().ok_or_else(|| Error::new(Kind::Unavailable, "the host is ending"))?;
        Ok::<_, Error>(((begun, place), storage.call(context, region, body::any::<Disks, R>(body))))
    });
    let (begun, asked) = asked.map_err(|error| to_plugin(&error))?;
    let task = AbortOnDropHandle::new(tokio::spawn(asked.in_current_span()));
    let ended = wait(accessor, task).await.unwrap_or_else(|lost| Err(Error::internal(lost)));
    drop(begun);
    ended.and_then(body::answer).map_err(|error| passed_on(&error))
}

/// A place among the storage plugin's calls of this one. They are bounded here, because what a plugin at work asks is not
/// refused in the storage plugin's queue.
fn place(state: &mut CallState) -> Result<OwnedSemaphorePermit, Error> {
    let max = state.grant.limits.storage_calls_max;
    let places = || Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
    let places = Arc::clone(state.storage_places.get_or_insert_with(places));
    let full =
        |_| Error::new(Kind::Busy, format!("{max} calls of the storage plugin are under way in this one"));
    places.try_acquire_owned().map_err(full)
}

/// `ask!(at, bytes, |at, disks, context| disks.call_get(at, context, ids))`
macro_rules! ask {
    ($accessor:ident, $bytes:expr, |$at:ident, $disks:ident, $context:ident| $call:expr) => {{
        let bytes = $bytes;
        ask($accessor, bytes, move |$at, $disks, $context| Box::pin($call)).await
    }};
}

/// Refuses what changes a disk in a call that only looks.
fn may_change<T: Send>(
    accessor: &Accessor<T, HasSelf<CallState>>,
    import: &'static str,
) -> Result<(), types::Error> {
    accessor.with(|mut access| access.get().may_change(import)).map_err(|error| to_plugin(&error))
}

/// The storage plugin's error, for the compute plugin to pass on.
fn passed_on(error: &Error) -> types::Error {
    types::Error {
        kind: error.kind().as_str().to_owned(),
        message: error.message().to_owned(),
        public: true,
        retry_after_ms: error.wait().and_then(|wait| u32::try_from(wait.as_millis()).ok()),
    }
}

impl<T: Send> HostWithStore<T> for HasSelf<CallState> {
    async fn create(at: &Accessor<T, Self>, _: Context, spec: Spec) -> Result<types::Begun, types::Error> {
        may_change(at, "disks.create")?;
        let bytes =
            spec.name.len() + spec.description.len() + spec.availability_zone.len() + spec.volume_type.len();
        let spec = served::Spec::from(spec);
        ask!(at, bytes, |at, disks, context| disks.call_create(at, context, spec))
    }

    async fn get(at: &Accessor<T, Self>, _: Context, ids: Vec<String>) -> Result<Vec<Disk>, types::Error> {
        let bytes = ids.iter().map(|id| size_of_val(id) + id.len()).sum();
        let disks = ask!(at, bytes, |at, disks, context| disks.call_get(at, context, ids))?;
        Ok(disks.into_iter().map(Disk::from).collect())
    }

    async fn made_by_operation(at: &Accessor<T, Self>, _: Context) -> Result<Vec<Disk>, types::Error> {
        let disks = ask!(at, 0, |at, disks, context| disks.call_made_by_operation(at, context))?;
        Ok(disks.into_iter().map(Disk::from).collect())
    }

    async fn extend(
        at: &Accessor<T, Self>,
        _: Context,
        id: String,
        size: u32,
    ) -> Result<types::Begun, types::Error> {
        may_change(at, "disks.extend")?;
        ask!(at, id.len(), |at, disks, context| disks.call_extend(at, context, id, size))
    }

    async fn update(
        at: &Accessor<T, Self>,
        _: Context,
        id: String,
        name: String,
        description: String,
    ) -> Result<types::Begun, types::Error> {
        may_change(at, "disks.update")?;
        ask!(at, id.len() + name.len() + description.len(), |at, disks, context| disks.call_update(
            at,
            context,
            id,
            name,
            description
        ))
    }

    async fn attach(
        at: &Accessor<T, Self>,
        _: Context,
        id: String,
        to: String,
    ) -> Result<types::Begun, types::Error> {
        may_change(at, "disks.attach")?;
        ask!(at, id.len() + to.len(), |at, disks, context| disks.call_attach(at, context, id, to))
    }

    async fn detach(
        at: &Accessor<T, Self>,
        _: Context,
        id: String,
        from: String,
    ) -> Result<types::Begun, types::Error> {
        may_change(at, "disks.detach")?;
        ask!(at, id.len() + from.len(), |at, disks, context| disks.call_detach(at, context, id, from))
    }

    async fn delete(at: &Accessor<T, Self>, _: Context, id: String) -> Result<types::Begun, types::Error> {
        may_change(at, "disks.delete")?;
        ask!(at, id.len(), |at, disks, context| disks.call_delete(at, context, id))
    }
}

// An imported and an exported interface are different Rust types even when they are the same in WIT.

impl From<Spec> for served::Spec {
    fn from(spec: Spec) -> Self {
        let Spec { name, description, availability_zone, volume_type, size } = spec;
        Self { name, description, availability_zone, volume_type, size }
    }
}

impl From<served::Disk> for Disk {
    fn from(disk: served::Disk) -> Self {
        Self {
            id: disk.id,
            name: disk.name,
            description: disk.description,
            region: disk.region,
            availability_zone: disk.availability_zone,
            volume_type: disk.volume_type,
            size: disk.size,
            status: disk.status,
            created_at: disk.created_at,
            updated_at: disk.updated_at,
            attachment: disk.attachment.map(Attachment::from),
        }
    }
}

impl From<served::Attachment> for Attachment {
    fn from(attachment: served::Attachment) -> Self {
        let served::Attachment { instance_id, device, at } = attachment;
        Self { instance_id, device, at }
    }
}
