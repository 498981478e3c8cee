//! What goes on after a call: a volume on its way to a state, and the removal of what an abandoned create made.
//! How a change begins is in the files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{self, Stop, doubtful, missing};
use patchbay_sdk::storage::{Disk, Disks};
use patchbay_sdk::{Begun, Context, Error, Operation, Pending, Progress, join_all, reason, ticket};
use serde::{Deserialize, Serialize};

use crate::message;
use crate::volume::{self, Volume};

/// The state that a volume is on its way to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Want {
    /// Made, whatever has become of it since.
    Available,
    /// In use at this instance.
    Attached(String),
    /// No longer at this instance.
    Detached(String),
    /// Of so many GiB.
    Size(u32),
    Gone,
}

/// What the host keeps: small JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) want: Want,
    pub(crate) id: String,
    /// Cinder knew nothing of the volume when it was asked to delete it, which a moment before it had shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unasked: bool,
}

impl Ticket {
    pub(crate) fn new(want: Want, id: String) -> Self {
        Self { want, id, unasked: false }
    }

    /// What the call that makes this ticket answers.
    pub(crate) fn begun(self) -> Begun {
        ticket::begun(&self.id, &self)
    }

    async fn step(self) -> Result<Progress, Stop> {
        if self.unasked {
            return match volume::delete(&self.id).await {
                Ok(false) => Err(Stop::Doubtful(Ok(finished(None)))),
                Err(error) if error.is_passing() => Err(error.into()),
                // Where it was refused, the next look says how the disk is.
                _ => Ok(ticket::pending(&Self { unasked: false, ..self }, "disk-deleting")),
            };
        }
        let volume = match volume::look(&self.id).await {
            Err(error) if self.want == Want::Gone && error.is(kind::NOT_FOUND) => return Ok(finished(None)),
            volume => volume.map_err(missing)?,
        };
        match next(&self.want, &volume) {
            Ok(Some(state)) => Ok(ticket::pending(&self, state)),
            Ok(None) => Ok(finished(Some(volume))),
            Err(Stop::Failed(error)) => {
                let reason = message::reason(&self.id).await.unwrap_or_default();
                Err(Stop::Failed(reason::failed(&error.kind, &error.message, &reason)))
            }
            Err(doubtful) => Err(doubtful),
        }
    }
}

impl Operation for crate::Cinder {
    async fn poll(_ctx: Context, ticket: String) -> Result<Progress, Error> {
        stale::poll(&ticket, Ticket::step).await
    }

    /// A disk that is marked was made by this operation. What else a call may change, a disk that the caller had
    /// before, is as it stands and stays so: `settle` and `failed` say how.
    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        let kept = ticket.as_deref().and_then(|text| ticket::read::<Ticket>(text).ok());
        if kept.is_some_and(|kept| kept.want != Want::Available) {
            return Ok(finished(None));
        }
        let left = Self::made_by_operation(ctx).await?;
        if left.is_empty() {
            return Ok(finished(None));
        }
        let deletable = left.iter().filter(|disk: &&Disk| is_deletable(&disk.status));
        let deleted = join_all(deletable.map(|disk| volume::delete(&disk.id))).await;
        deleted.into_iter().collect::<Result<Vec<bool>, Error>>()?;
        let (ticket, state) = (ticket.unwrap_or_default(), "disks-removing".into());
        Ok(Progress::Pending(Pending { ticket, state, percent: None }))
    }
}

/// The step that is still going on, none at the end.
fn next(want: &Want, volume: &Volume) -> Result<Option<String>, Stop> {
    let status = volume.status.as_str();
    let at_rest = matches!(status, "available" | "in-use" | "maintenance") || status.starts_with("error");
    if !at_rest {
        return Ok(Some(format!("disk-{}", reason::public(status))));
    }
    let done = match want {
        // Attached by a call that did not wait for this one's end.
        Want::Available => true,
        Want::Attached(instance) => status == "in-use" && volume.is_at(instance),
        Want::Detached(instance) => !volume.is_at(instance),
        Want::Size(size) => volume.size() >= *size,
        Want::Gone => false,
    };
    let error = || failed(want, volume);
    match (want, status) {
        // It begins with nothing, so that whatever it shows came of this.
        (Want::Available, "error") | (Want::Size(_), "error_extending") | (Want::Gone, "error_deleting") => {
            Err(error().into())
        }
        (_, status) if done && !status.starts_with("error") => Ok(None),
        _ => Err(doubtful(error())),
    }
}

/// The cloud began and did not get there.
fn failed(want: &Want, volume: &Volume) -> Error {
    let (id, state) = (&volume.id, volume.state());
    let deed = match want {
        Want::Available => {
            return Error::public(
                kind::INTERNAL,
                "The cloud failed to make the disk; there may be no room for it.",
            );
        }
        Want::Attached(instance) => format!("attach the disk {id} to the instance {instance}"),
        Want::Detached(instance) => format!("detach the disk {id} from the instance {instance}"),
        Want::Size(size) => format!("resize the disk {id} to {size} GiB"),
        Want::Gone => format!("delete the disk {id}"),
    };
    Error::public(kind::INTERNAL, format_args!("The cloud failed to {deed}: it is {state} now."))
}

/// What Cinder deletes; everything else is on its way to such a state, or held by an instance.
fn is_deletable(status: &str) -> bool {
    status == "available" || (status.starts_with("error") && status != "error_deleting")
}

/// A volume that is gone tells no time.
fn finished(volume: Option<Volume>) -> Progress {
    ticket::finished(volume.and_then(Volume::changed_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::tests::{sized, volume};

    fn wants() -> [Want; 5] {
        [Want::Available, Want::Attached("s1".into()), Want::Detached("s1".into()), Want::Size(3), Want::Gone]
    }

    #[test]
    fn what_moves_is_waited_for() {
        for status in ["creating", "reserved", "attaching", "detaching", "extending", "deleting"] {
            for want in wants() {
                let step = next(&want, &volume(status, Some("s1"))).unwrap();
                assert_eq!(step, Some(format!("disk-{status}")), "{want:?}");
            }
        }
    }

    #[test]
    fn every_ticket_reaches_its_end() {
        let [available, attached, detached, size, _] = wants();
        for (status, at) in [("available", None), ("in-use", Some("s1"))] {
            assert_eq!(next(&available, &volume(status, at)).unwrap(), None);
        }
        assert_eq!(next(&attached, &volume("in-use", Some("s1"))).unwrap(), None);
        assert_eq!(next(&detached, &volume("available", None)).unwrap(), None);
        for (status, at) in [("available", None), ("in-use", Some("s1"))] {
            assert_eq!(next(&size, &sized(3, volume(status, at))).unwrap(), None);
        }
    }

    #[test]
    fn a_failed_step_ends_the_operation_and_says_how_the_disk_is() {
        let [_, attached, detached, size, gone] = wants();
        for (want, status, at) in [
            (&attached, "available", None),
            (&attached, "in-use", Some("s2")),
            (&detached, "in-use", Some("s1")),
            (&size, "available", None),
            (&size, "error_extending", None),
            (&gone, "error_deleting", None),
        ] {
            let (Stop::Failed(error) | Stop::Doubtful(Err(error))) =
                next(want, &volume(status, at)).unwrap_err()
            else {
                panic!("{status} is the end");
            };
            assert!(error.public && error.message.contains(&format!("it is {status} with")), "{error:?}");
        }
    }

    #[test]
    fn only_a_state_of_its_own_is_a_failure_at_once() {
        let [available, attached, detached, size, gone] = wants();
        for (want, status, at, sure) in [
            (&available, "error", None, true),
            (&size, "error_extending", None, true),
            (&gone, "error_deleting", None, true),
            (&attached, "available", None, false),
            (&detached, "in-use", Some("s1"), false),
            (&size, "available", None, false),
            (&gone, "error", None, false),
            (&gone, "available", None, false),
        ] {
            let stop = next(want, &volume(status, at)).unwrap_err();
            assert_eq!(matches!(stop, Stop::Failed(_)), sure, "{want:?} {status}");
        }
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
        for want in wants() {
            let ticket = Ticket::new(want.clone(), "v1".into()).begun().ticket.unwrap();
            assert_eq!(serde_json::from_str::<Ticket>(&ticket).unwrap().want, want);
        }
    }
}
