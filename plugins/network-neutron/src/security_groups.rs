//! Security groups: the contract's functions, and the steps of their tickets. What a ticket says is in `ticket`, a group's
//! rules are in `rule`, how a group becomes what it should be in `change`, what is done for its instances in `operate`.

mod change;
mod group;
mod member;
mod operate;
mod rule;
mod state;
pub(crate) mod ticket;

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Group, GroupSpec, SecurityGroups};
use patchbay_sdk::stale::Stop;
use patchbay_sdk::{Begun, Context, Error, Progress};

use self::change::reconcile;
use self::group::DEFAULT;
use self::member::Members;
use self::ticket::Ticket;
use crate::neutron;
use crate::ticket::finished;

impl SecurityGroups for crate::Neutron {
    async fn create(ctx: Context, spec: GroupSpec) -> Result<Begun, Error> {
        let mark = ctx.operation_id.as_deref().map(neutron::mark);
        let made = group::make(&spec.name, mark.as_deref().unwrap_or(&spec.description)).await?;
        let (group, after) = (made.id.to_string(), made.state().with_all_of(spec));
        Ok(Ticket::Create { group: group.clone(), after }.begun(group))
    }

    async fn get(_ctx: Context, id: String) -> Result<Group, Error> {
        Ok(group::show(&id).await?.into_group())
    }

    /// Changes nothing yet: the ticket is to be kept before the first step.
    async fn update(_ctx: Context, id: String, spec: GroupSpec) -> Result<Begun, Error> {
        let before = group::show(&id).await?.state();
        if before.name == DEFAULT && !matches!(spec.name.as_str(), "" | DEFAULT) {
            let sentence = "security_group_name: the tenant's default security group cannot be renamed.";
            return Err(Error::public(kind::CONFLICT, sentence));
        }
        let after = before.with_only(spec);
        Ok(Ticket::Update { group: id.clone(), before, after }.begun(id))
    }

    /// Changes nothing yet, so that a group that is gone later was deleted by this.
    async fn delete(_ctx: Context, id: String) -> Result<Begun, Error> {
        if group::show(&id).await?.name == DEFAULT {
            let sentence = "The tenant's default security group cannot be deleted.";
            return Err(Error::public(kind::CONFLICT, sentence));
        }
        Ok(Ticket::Delete { group: id.clone() }.begun(id))
    }

    /// Changes nothing yet, so that what is done for each instance is kept.
    async fn operate(_ctx: Context, id: String, ids: Vec<String>, action: String) -> Result<Begun, Error> {
        let members = Members::new(group::show(&id).await?.id.into(), ids, &action)?;
        Ok(Ticket::Operate(members).begun(id))
    }
}

/// One look at what the ticket is about, and what follows from it.
pub(crate) async fn poll(ticket: Ticket) -> Result<Progress, Stop> {
    match ticket {
        Ticket::Create { group, after } => {
            reconcile(&group, &after).await?;
            Ok(finished(None))
        }
        Ticket::Update { group, before, after } => {
            change::or_back(&group, &before, &after).await?;
            Ok(finished(None))
        }
        Ticket::Delete { group } => match group::delete(&group).await? {
            true => Ok(finished(None)),
            // Deleted by an earlier poll, whose answer was lost, or not known everywhere yet.
            false => Err(Stop::Doubtful(Ok(finished(None)))),
        },
        Ticket::Operate(members) => Ok(members.poll().await?),
    }
}

/// Undoes what a failed operation did. What was deleted, attached or detached stays so: the error says it.
pub(crate) async fn abandon(ticket: Ticket) -> Result<Progress, Error> {
    match ticket {
        Ticket::Create { group, .. } => group::delete(&group).await.map(drop)?,
        Ticket::Update { group, before, .. } => match reconcile(&group, &before).await {
            Err(Stop::Failed(error) | Stop::Doubtful(Err(error))) if !error.is(kind::NOT_FOUND) => {
                return Err(error);
            }
            _ => {}
        },
        Ticket::Delete { .. } | Ticket::Operate(_) => {}
    }
    Ok(finished(None))
}

/// Removes the groups that bear the operation's mark; whether there was none.
pub(crate) async fn undo(ctx: &Context, operation: &str) -> Result<bool, Error> {
    let left = neutron::marked(ctx, "security-groups", operation).await?;
    for group in &left {
        group::delete(group).await?;
    }
    Ok(left.is_empty())
}
