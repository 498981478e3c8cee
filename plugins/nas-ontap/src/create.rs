//! A new share: an export policy that lets the network's subnets in, then a volume that names it.

use patchbay_sdk::error::kind;
use patchbay_sdk::nas::{Spec, network};
use patchbay_sdk::{Begun, Context, Error, clock, log, reason, settings};
use serde_json::json;

use crate::job::{self, Failure, State};
use crate::note::Note;
use crate::ticket::{Ticket, Want};
use crate::volume::{self, GIB};
use crate::{ontap, policy};

/// Between two looks for a volume that a job is to make.
const PAUSE_MS: u32 = 200;

/// Begins it; the ticket ends when the volume's job does.
pub(crate) async fn create(ctx: &Context, spec: Spec) -> Result<Begun, Error> {
    if spec.protocol != "NFS" {
        let sentence = format!("share_proto: the array has no shares of the protocol {:?}.", spec.protocol);
        return Err(Error::public(kind::INVALID, sentence));
    }
    let (name, comment) = (ontap::name(ctx)?, Note::comment(ctx, &spec)?);
    let subnets = network::subnets(&spec.network_id).await?;
    policy::make(&name, &subnets).await?;
    let job = make(&name, &comment, &spec).await.map_err(refused)?;
    let id = appears(&name, &job).await?;
    let path = path(&name);
    Ok(Ticket { want: Want::Available, id, path, policy: name.clone(), name, job: Some(job) }.begun())
}

/// The tenant gets the size that was asked for: nothing of it is set aside, nor taken by snapshots.
async fn make(name: &str, comment: &str, spec: &Spec) -> Result<String, Error> {
    let nas = json!({"path": path(name), "security_style": "unix", "export_policy": {"name": name}});
    let body = json!({
        "name": name, "comment": comment, "size": u64::from(spec.size) * GIB, "nas": nas,
        "svm": {"name": ontap::svm()?}, "aggregates": [{"name": settings::required(ontap::AGGREGATE)?}],
        "snapshot_policy": {"name": "none"}, "space": {"snapshot": {"reserve_percent": 0}},
    });
    ontap::job(ontap::request("POST", &volume::PATH).json(&body)?).await
}

fn path(name: &str) -> String {
    format!("/{name}")
}

/// The volume's id, which ONTAP gives it as the job begins to run.
async fn appears(name: &str, job: &str) -> Result<String, Error> {
    loop {
        let state = job::look(job).await?;
        if let State::Failed(failure) = state {
            return Err(failed(failure));
        }
        if let Some(volume) = volume::named(name).await? {
            return Ok(volume.uuid.into());
        }
        if matches!(state, State::Done) {
            let error =
                Error::hidden(kind::INTERNAL, format_args!("the job is done, but there is no volume {name}"));
            return Err(failed(error.into()));
        }
        clock::sleep(PAUSE_MS).await;
    }
}

/// Why there is no share, once the array has tried.
pub(crate) fn failed(Failure { error, reason }: Failure) -> Error {
    let sentence = match error.kind.as_str() {
        kind::QUOTA => "share_size_in_g: the array has no room for the share.",
        kind::INTERNAL => "The array failed to make the share.",
        kind::UNAVAILABLE => "The array cannot make the share now; try again later.",
        _ => return error,
    };
    log::warn(&error.message);
    reason::failed(&error.kind, sentence, &reason)
}

fn refused(error: Error) -> Error {
    let error =
        error.explain(kind::INVALID, "The share's name, description or share_size_in_g is not acceptable.");
    failed(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_job_is_told_with_its_reason() {
        let error = Error::hidden(kind::INTERNAL, "secret");
        let failure = Failure { error, reason: "node n1 (10.0.0.5) is down".into() };
        assert_eq!(
            failed(failure).message,
            "The array failed to make the share. (node (address) ((address)) is down)"
        );
    }

    #[test]
    fn a_refusal_keeps_the_arrays_words_to_itself() {
        for (kind, says) in
            [(kind::QUOTA, "no room"), (kind::INVALID, "share_size_in_g"), (kind::INTERNAL, "failed")]
        {
            let error = refused(Error::hidden(kind, "aggr1 is secret"));
            assert!(error.is(kind) && error.public && error.message.contains(says), "{error:?}");
            assert!(!error.message.contains("secret"), "{error:?}");
        }
    }
}
