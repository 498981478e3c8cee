//! What goes on after a call: one job of the array's after another, and the undoing of what an abandoned operation did.
//! What the host keeps of it is in `ticket`, the steps are in the files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{self, Stop};
use patchbay_sdk::{Context, Error, Finished, Operation, Progress, ticket};

use crate::job::{self, State};
use crate::removal::{self, Step};
use crate::ticket::{Ticket, Want};
use crate::volume::{self, Volume};
use crate::{create, ontap};

impl Ticket {
    /// The same with the job of the next step.
    fn pending(self, Step { job, state }: Step) -> Progress {
        ticket::pending(&Self { job: Some(job), ..self }, state)
    }

    /// What the last job came to; a ticket without one has nothing to wait for.
    async fn job(&self) -> Result<State, Error> {
        match &self.job {
            Some(job) => job::look(job).await,
            None => Ok(State::Done),
        }
    }

    async fn step(self) -> Result<Progress, Stop> {
        Ok(match (self.job().await?, self.want) {
            (State::GoesOn, Want::Available) => ticket::pending(&self, "share-creating"),
            (State::GoesOn, Want::Gone) => ticket::pending(&self, "share-deleting"),
            (State::Failed(failure), Want::Available) => return Err(create::failed(failure).into()),
            (State::Failed(failure), Want::Gone) => return Err(removal::failed(failure, &self.id).into()),
            (State::Done, Want::Available) => made(volume::look(&self.id).await?).await?,
            (State::Done, Want::Gone) => match volume::look(&self.id).await? {
                Some(volume) => {
                    let step = removal::step(&volume).await;
                    let step = step.map_err(|e| removal::failed(e.into(), &self.id))?;
                    self.pending(step)
                }
                // The array was not asked to delete it yet.
                None if self.job.is_none() => return Err(Stop::Doubtful(Ok(ticket::finished(None)))),
                None => ticket::finished(None),
            },
        })
    }

    /// What is left of a share that is gone, however that was found out.
    async fn tidy(self) -> Result<(), Error> {
        if self.want == Want::Gone { removal::end(&self.name).await } else { Ok(()) }
    }

    /// A delete that failed: the share is as it was, or if it is gone all the same, wholly so.
    async fn stay(self) -> Result<Progress, Error> {
        if matches!(self.job().await?, State::GoesOn) {
            return Ok(ticket::pending(&self, "share-deleting"));
        }
        let Some(volume) = volume::look(&self.id).await? else {
            return removal::end(&self.name).await.map(|()| ticket::finished(None));
        };
        let step = removal::restore(&volume, &self.path, &self.policy).await?;
        Ok(step.map_or_else(|| ticket::finished(None), |step| self.pending(step)))
    }
}

/// The end of a create.
async fn made(volume: Option<Volume>) -> Result<Progress, Error> {
    let lost = || {
        let error = Error::hidden(kind::INTERNAL, "the volume's job is done, and the volume is gone");
        create::failed(error.into())
    };
    let location = volume.ok_or_else(lost)?.location().await?;
    let message = location.map(|location| format!("Its export location is {location}."));
    Ok(Progress::Finished(Finished { at: None, message }))
}

/// A create that failed: what bears the operation's name goes, the volume first.
async fn undo(ctx: &Context, kept: Option<Ticket>) -> Result<Progress, Error> {
    if ctx.operation_id.is_none() {
        return Ok(ticket::finished(None));
    }
    let name = ontap::name(ctx)?;
    if let Some(kept) = &kept
        && matches!(kept.job().await?, State::GoesOn)
    {
        return Ok(ticket::pending(kept, "share-removing"));
    }
    let Some(volume) = volume::own(ctx, &name).await? else { return undo_policy(&name, kept).await };
    let Step { job, state } = removal::step(&volume).await?;
    let (id, path, policy) = (volume.uuid.into(), String::new(), name.clone());
    Ok(ticket::pending(&Ticket { want: Want::Available, id, name, path, policy, job: Some(job) }, state))
}

/// A volume whose request was not answered may still be on its way, and would need its policy to be undone with it.
async fn undo_policy(name: &str, kept: Option<Ticket>) -> Result<Progress, Error> {
    if job::any_makes_a_volume().await? {
        return Ok(ticket::pending(&kept, "share-removing"));
    }
    removal::end(name).await.map(|()| ticket::finished(None))
}

impl Operation for crate::Ontap {
    async fn poll(_ctx: Context, ticket: String) -> Result<Progress, Error> {
        let progress = stale::poll(&ticket, Ticket::step).await?;
        if matches!(progress, Progress::Finished(_)) {
            ticket::read::<Ticket>(&ticket)?.tidy().await?;
        }
        Ok(progress)
    }

    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        match ticket.as_deref().and_then(|text| ticket::read::<Ticket>(text).ok()) {
            Some(kept) if kept.want == Want::Gone => kept.stay().await,
            kept => undo(&ctx, kept).await,
        }
    }
}
