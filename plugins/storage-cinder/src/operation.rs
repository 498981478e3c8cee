//! What goes on after a call: a volume on its way to a state, and the removal of what an abandoned
//! operation made.

use patchbay_sdk::error::kind;
use patchbay_sdk::storage::{Disk, Disks};
use patchbay_sdk::{Begun, Context, Error, Finished, Operation, Pending, Progress, join_all};
use serde::{Deserialize, Serialize};

use crate::volume;

/// The state that a volume is on its way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Want {
    Available,
    InUse,
    Gone,
}

/// What the host keeps: small JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) want: Want,
    pub(crate) id: String,
}

impl Ticket {
    /// What the call that makes this ticket answers.
    pub(crate) fn begun(self) -> Begun {
        Begun { ticket: Some(serde_json::json!(self).to_string()), resource_id: self.id }
    }
}

impl Operation for crate::Cinder {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        let Ticket { want, id } =
            serde_json::from_str(&ticket).map_err(|e| Error::hidden(kind::INTERNAL, e))?;
        let disk = match volume::show(&id).await {
            Ok(volume) => Some(volume.into_disk(&ctx.region)),
            Err(error) if want == Want::Gone && error.is(kind::NOT_FOUND) => None,
            Err(error) => return Err(error),
        };
        let Some(state) = next(want, disk.as_ref().map(|disk| disk.status.as_str()))? else {
            return Ok(finished(disk));
        };
        Ok(Progress::Pending(Pending { ticket, state, percent: None }))
    }

    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        let left = Self::made_by_operation(ctx).await?;
        if left.is_empty() {
            return Ok(finished(None));
        }
        let deletable = left.iter().filter(|disk| is_deletable(&disk.status));
        let deleted = join_all(deletable.map(|disk| volume::delete(&disk.id))).await;
        deleted.into_iter().collect::<Result<Vec<()>, Error>>()?;
        let (ticket, state) = (ticket.unwrap_or_default(), "disks-removing".into());
        Ok(Progress::Pending(Pending { ticket, state, percent: None }))
    }
}

/// The step that is still going on, none at the end. `status` is absent for a volume that is gone.
fn next(want: Want, status: Option<&str>) -> Result<Option<String>, Error> {
    match (want, status) {
        (Want::Available, Some("available")) | (Want::InUse, Some("in-use")) | (Want::Gone, None) => Ok(None),
        (_, Some(status)) if status.starts_with("error") => {
            Err(Error::public(kind::INTERNAL, "The cloud failed on the disk; delete it and try again."))
        }
        (Want::InUse, Some("available")) => {
            Err(Error::public(kind::INTERNAL, "The cloud could not attach the disk to the instance."))
        }
        (_, status) => Ok(Some(format!("disk-{}", status.unwrap_or("missing")))),
    }
}

/// What Cinder deletes; everything else is on its way to such a state, or held by an instance.
fn is_deletable(status: &str) -> bool {
    status == "available" || (status.starts_with("error") && status != "error_deleting")
}

/// A volume that is gone tells no time.
fn finished(disk: Option<Disk>) -> Progress {
    let at = disk.map(|disk| disk.updated_at).filter(|at| !at.is_empty());
    Progress::Finished(Finished { at, message: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ticket_reaches_its_end() {
        assert_eq!(next(Want::Available, Some("creating")).unwrap().as_deref(), Some("disk-creating"));
        assert_eq!(next(Want::Available, Some("available")).unwrap(), None);
        assert_eq!(next(Want::InUse, Some("attaching")).unwrap().as_deref(), Some("disk-attaching"));
        assert_eq!(next(Want::InUse, Some("in-use")).unwrap(), None);
        assert_eq!(next(Want::Gone, Some("deleting")).unwrap().as_deref(), Some("disk-deleting"));
        assert_eq!(next(Want::Gone, None).unwrap(), None);
    }

    #[test]
    fn a_failed_step_ends_the_operation() {
        assert!(next(Want::Available, Some("error")).is_err());
        assert!(next(Want::Gone, Some("error_deleting")).is_err());
        assert!(next(Want::InUse, Some("available")).is_err());
    }

    #[test]
    fn only_free_volumes_are_deletable() {
        for status in ["available", "error", "error_restoring"] {
            assert!(is_deletable(status), "{status}");
        }
        for status in
            ["creating", "reserved", "attaching", "in-use", "detaching", "deleting", "error_deleting"]
        {
            assert!(!is_deletable(status), "{status}");
        }
    }

    #[test]
    fn a_ticket_is_read_back() {
        let ticket = Ticket { want: Want::InUse, id: "v1".into() }.begun().ticket.unwrap();
        assert_eq!(serde_json::from_str::<Ticket>(&ticket).unwrap().want, Want::InUse);
    }
}
