//! Removing a share, step by step: the volume leaves the SVM's tree and its policy, then it is deleted, then the policy.
//! Each step but the last is a job of the array's. ONTAP deletes no volume that is mounted, and no policy that one names.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Begun, Context, Error, log, reason};

use crate::job::Failure;
use crate::ticket::{Ticket, Want};
use crate::volume::Volume;
use crate::{policy, volume};

/// A step that was begun.
pub(crate) struct Step {
    pub(crate) job: String,
    /// For people.
    pub(crate) state: &'static str,
}

/// Changes nothing yet: how the share is has to be kept before, for the case that it cannot be deleted.
pub(crate) async fn delete(ctx: &Context, id: &str) -> Result<Begun, Error> {
    let (volume, _) = volume::show(ctx, id).await?;
    let (path, policy) = volume.export();
    let (path, policy) = (path.to_owned(), policy.to_owned());
    let (id, name) = (volume.uuid.into(), volume.name.into());
    Ok(Ticket { want: Want::Gone, id, name, path, policy, job: None }.begun())
}

/// The next step of a volume.
pub(crate) async fn step(volume: &Volume) -> Result<Step, Error> {
    let begun = if volume.export() == ("", policy::DEFAULT) {
        volume::remove(&volume.uuid).await.map(|job| Step { job, state: "share-deleting" })
    } else {
        let exported = volume::export(&volume.uuid, "", policy::DEFAULT).await;
        exported.map(|job| Step { job, state: "share-unmounting" })
    };
    begun.map_err(gone_meanwhile)
}

/// Puts a volume back to where it was, unless it is there.
pub(crate) async fn restore(volume: &Volume, path: &str, policy: &str) -> Result<Option<Step>, Error> {
    if volume.export() == (path, policy) {
        return Ok(None);
    }
    let job = volume::export(&volume.uuid, path, policy).await.map_err(gone_meanwhile)?;
    Ok(Some(Step { job, state: "share-mounting" }))
}

/// The last step: the policy that was made with the volume of this name, whichever one that had at last. The volume is gone
/// whatever comes, so this is tried until the array takes it.
pub(crate) async fn end(name: &str) -> Result<(), Error> {
    policy::remove(name).await.map_err(busy)
}

/// Why the share is still there.
pub(crate) fn failed(Failure { error, reason }: Failure, id: &str) -> Error {
    let sentence = match error.kind.as_str() {
        kind::CONFLICT => format!("The array does not delete the share {id} now: it is in use."),
        kind::INTERNAL => format!("The array failed to delete the share {id}."),
        _ => return error,
    };
    log::warn(&error.message);
    reason::failed(&error.kind, &sentence, &reason)
}

/// The next look shows it.
fn gone_meanwhile(error: Error) -> Error {
    if error.is(kind::NOT_FOUND) { busy(error) } else { error }
}

fn busy(error: Error) -> Error {
    Error { kind: kind::BUSY.into(), ..error }
}
