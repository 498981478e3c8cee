//! A new instance: the server and its data disks at the same time, then the disks attached in order. Both
//! bear the operation's mark, by which [`undo`] finds them. The request's form is in `request`.

use patchbay_sdk::compute::Spec;
use patchbay_sdk::compute::disks::{self, Disk};
use patchbay_sdk::error::kind;
use patchbay_sdk::field::Id;
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::mark;
use patchbay_sdk::stale::{Stop, doubtful, missing};
use patchbay_sdk::{Begun, Context, Error, Progress, join, join_all};
use serde::Deserialize;
use serde_json::json;

mod request;

use crate::nova::{self, NOVA, SERVERS, State};
use crate::ticket::{Ticket, finished};

#[derive(Deserialize)]
struct Made {
    server: Known,
}

/// A server as far as its id.
#[derive(Deserialize)]
struct Known {
    id: Id,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wait(&'static str),
    Attach(Vec<String>),
    Done,
}

/// Asks for the server and its disks; the ticket ends when all disks are attached.
pub(crate) async fn begin(ctx: Context, spec: Spec) -> Result<Begun, Error> {
    let (server, disks) =
        join(make_server(ctx.operation_id.as_deref(), &spec), make_disks(&ctx, &spec)).await;
    let (server, disks) = (server?, disks?);
    Ok(Ticket::Create { server: server.clone(), disks, attached: false }.begun(server))
}

/// One look at the server and the disks, and the attachments when both are ready.
pub(crate) async fn poll(
    ctx: Context,
    server: String,
    ids: Vec<String>,
    attached: bool,
) -> Result<Progress, Stop> {
    let (state, disks) = join(nova::state(&server), read(&ctx, &ids)).await;
    let (state, disks) = (state.map_err(missing)?, disks.map_err(missing)?);
    match next(&state, &disks, &server, attached)? {
        Step::Done => Ok(finished(latest(&state, &disks))),
        Step::Wait(step) => Ok(Ticket::Create { server, disks: ids, attached }.pending(step)),
        Step::Attach(free) => {
            // One after the other, so that the guest sees them in the order of the request.
            for id in free {
                disks::attach(ctx.clone(), id, server.clone()).await.map_err(unready)?;
            }
            Ok(Ticket::Create { server, disks: ids, attached: true }.pending("disks-attaching"))
        }
    }
}

/// Removes what the operation made: first the server, which lets go of the disks, then those.
pub(crate) async fn undo(ctx: Context, ticket: Option<Ticket>) -> Result<Progress, Error> {
    let Some(operation) = ctx.operation_id.clone() else { return Ok(finished(None)) };
    let (servers, disks) = join(made_by(&ctx, &operation), disks::made_by_operation(ctx.clone())).await;
    let (servers, ticket) = (servers?, ticket.unwrap_or(Ticket::Undo));
    if !servers.is_empty() {
        all(join_all(servers.iter().map(|server| remove_server(&server.id))).await)?;
        return Ok(ticket.pending("server-removing"));
    }
    let disks = disks?;
    if !disks.is_empty() {
        let free = disks.into_iter().filter(|disk| matches!(disk.status.as_str(), "available" | "error"));
        all(join_all(free.map(|disk| remove_disk(ctx.clone(), disk.id))).await)?;
        return Ok(ticket.pending("disks-removing"));
    }
    Ok(finished(None))
}

/// What two looks have just seen, and another one does not.
fn unready(error: Error) -> Stop {
    if error.is(kind::CONFLICT) { doubtful(error) } else { missing(error) }
}

fn next(state: &State, disks: &[Disk], server: &str, attached: bool) -> Result<Step, Stop> {
    if let Some(error) = state.failure() {
        return Err(error.into());
    }
    if disks.iter().any(|disk| disk.status.starts_with("error")) {
        return Err(Error::public(kind::INTERNAL, "The cloud failed on one of the data disks.").into());
    }
    if !state.rests_in("ACTIVE") {
        return Ok(Step::Wait("server-building"));
    }
    let free: Vec<String> =
        disks.iter().filter(|disk| disk.status == "available").map(|disk| disk.id.clone()).collect();
    if !free.is_empty() && attached {
        let sentence = "The cloud could not attach one of the data disks.";
        return Err(doubtful(Error::public(kind::INTERNAL, sentence)));
    }
    let has = |status: &str| disks.iter().any(|disk| disk.status == status);
    Ok(if has("creating") || has("downloading") {
        Step::Wait("disks-creating")
    } else if !free.is_empty() {
        Step::Attach(free)
    } else if disks.iter().all(|disk| is_attached(disk, server)) {
        Step::Done
    } else {
        Step::Wait("disks-attaching")
    })
}

fn is_attached(disk: &Disk, server: &str) -> bool {
    disk.status == "in-use" && disk.attachment.as_ref().is_some_and(|at| at.instance_id == server)
}

async fn make_server(operation: Option<&str>, spec: &Spec) -> Result<String, Error> {
    let body = json!({"server": request::body(operation.map(tag), spec)});
    let answer = NOVA.post(&["servers"]).json(&body)?.ok().await;
    Ok(answer.map_err(request::refused)?.json::<Made>()?.server.id.into())
}

async fn make_disks(ctx: &Context, spec: &Spec) -> Result<Vec<String>, Error> {
    let made = request::disks(spec).map(|disk| disks::create(ctx.clone(), disk));
    join_all(made).await.into_iter().map(|disk| Ok(disk?.resource_id)).collect()
}

async fn read(ctx: &Context, ids: &[String]) -> Result<Vec<Disk>, Error> {
    if ids.is_empty() { Ok(Vec::new()) } else { disks::get(ctx.clone(), ids.to_vec()).await }
}

/// With details alone a server shows its tags and its project.
async fn made_by(ctx: &Context, operation: &str) -> Result<Vec<Known>, Error> {
    let tag = tag(operation);
    let request = NOVA.get(&["servers", "detail"]).query("tags", &tag);
    let list = List { request, key: "servers", paging: Paging::Marker };
    mark::find(ctx, &Mark::Tag(&tag), &list).await
}

async fn remove_server(id: &str) -> Result<(), Error> {
    SERVERS.delete(&["servers", id]).gone().await
}

async fn remove_disk(ctx: Context, id: String) -> Result<(), Error> {
    match disks::delete(ctx, id).await {
        Err(error) if !error.is(kind::NOT_FOUND) => Err(error),
        _ => Ok(()),
    }
}

fn all(results: Vec<Result<(), Error>>) -> Result<(), Error> {
    results.into_iter().collect()
}

/// The end of a server's building, or of the last attachment.
fn latest(state: &State, disks: &[Disk]) -> Option<String> {
    let parts = disks.iter().map(|disk| disk.updated_at.as_str()).chain([&*state.updated]);
    parts.max().filter(|at| !at.is_empty()).map(str::to_owned)
}

/// Nova allows 60 characters; an operation's id has 39.
fn tag(operation: &str) -> String {
    format!("patchbay-{operation}")
}

#[cfg(test)]
mod tests {
    use patchbay_sdk::compute::disks::Attachment;

    use super::*;
    use crate::nova::tests::state;

    fn disk(id: &str, status: &str) -> Disk {
        let at = Attachment { instance_id: "s1".into(), device: "/dev/sdb".into(), at: String::new() };
        Disk {
            id: id.into(),
            name: String::new(),
            description: String::new(),
            region: String::new(),
            availability_zone: String::new(),
            volume_type: String::new(),
            size: 1,
            status: status.into(),
            created_at: String::new(),
            updated_at: "2026-11-23T09:24:09Z".into(),
            attachment: (status == "in-use").then_some(at),
        }
    }

    fn step(status: &str, task: Option<&str>, disks: &[&str], attached: bool) -> Result<Step, Stop> {
        let disks: Vec<Disk> = disks.iter().enumerate().map(|(n, at)| disk(&n.to_string(), at)).collect();
        next(&state(status, task), &disks, "s1", attached)
    }

    #[test]
    fn disks_wait_for_the_server_and_the_server_for_disks() {
        let building = Step::Wait("server-building");
        assert_eq!(step("BUILD", Some("spawning"), &["available"], false).unwrap(), building);
        assert_eq!(step("ACTIVE", Some("spawning"), &["available"], false).unwrap(), building);
        assert_eq!(
            step("ACTIVE", None, &["creating", "available"], false).unwrap(),
            Step::Wait("disks-creating")
        );
    }

    #[test]
    fn a_poll_attaches_what_no_poll_before_it_did() {
        let both = Step::Attach(vec!["0".into(), "1".into()]);
        assert_eq!(step("ACTIVE", None, &["available", "available"], false).unwrap(), both);
        let second = Step::Attach(vec!["1".into()]);
        assert_eq!(step("ACTIVE", None, &["reserved", "available"], false).unwrap(), second);
        assert_eq!(
            step("ACTIVE", None, &["attaching", "in-use"], true).unwrap(),
            Step::Wait("disks-attaching")
        );
    }

    #[test]
    fn it_ends_when_all_is_in_place() {
        assert_eq!(step("ACTIVE", None, &[], false).unwrap(), Step::Done);
        assert_eq!(step("ACTIVE", None, &["in-use", "in-use"], true).unwrap(), Step::Done);
    }

    #[test]
    fn a_failure_anywhere_ends_it() {
        assert!(matches!(step("ERROR", None, &[], false), Err(Stop::Failed(_))));
        assert!(matches!(step("BUILD", Some("spawning"), &["error"], false), Err(Stop::Failed(_))));
        // Or it is how that was before.
        assert!(matches!(step("ACTIVE", None, &["available", "in-use"], true), Err(Stop::Doubtful(_))));
    }

    #[test]
    fn the_end_is_the_last_of_its_parts() {
        let latest = |disks: &[Disk]| latest(&state("ACTIVE", None), disks);
        assert_eq!(latest(&[disk("d", "in-use")]).as_deref(), Some("2026-11-23T09:24:09Z"));
        assert_eq!(latest(&[]).as_deref(), Some("2026-11-23T09:24:05Z"));
    }

    #[test]
    fn a_tag_fits() {
        assert!(tag("op-00000000-0000-0000-0000-000000000000").len() <= 60);
    }
}
