//! `POST servers/{id}/action`: which actions there are, from which state each may begin, and how it goes on.

use serde_json::Value;

use super::history::Action;
use super::quota::Change;
use super::server::{find, find_mut, not_found};
use super::{Step, flavor, require, schema, security_group};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{Event, World};

/// An action that goes from some states through one task to a state.
struct Rule {
    /// In sentences and in the history.
    name: &'static str,
    policy: &'static str,
    from: &'static [&'static str],
    task: &'static str,
    to: &'static str,
}

const START: Rule =
    Rule { name: "start", policy: "servers:start", from: &["stopped"], task: "powering-on", to: "active" };
const STOP: Rule = Rule {
    name: "stop",
    policy: "servers:stop",
    from: &["active", "error"],
    task: "powering-off",
    to: "stopped",
};
const SUSPEND: Rule = Rule {
    name: "suspend",
    policy: "os-suspend-server:suspend",
    from: &["active"],
    task: "suspending",
    to: "suspended",
};
const RESUME: Rule = Rule {
    name: "resume",
    policy: "os-suspend-server:resume",
    from: &["suspended"],
    task: "resuming",
    to: "active",
};
const REBOOT_SOFT: Rule =
    Rule { name: "reboot", policy: "servers:reboot", from: &["active"], task: "rebooting", to: "active" };
const REBOOT_HARD: Rule = Rule {
    name: "reboot",
    policy: "servers:reboot",
    from: &["active", "stopped", "suspended", "error"],
    task: "rebooting_hard",
    to: "active",
};
const REBOOT_TYPES: &str = "['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']";

/// Who asks for what.
struct Request<'a> {
    call: &'a Call,
    caller: &'a Caller,
    id: &'a str,
}

pub(super) fn act(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    let request = Request { call, caller, id };
    let body = call.json().unwrap_or_default();
    let only = body.as_object().filter(|body| body.len() == 1).and_then(|body| body.iter().next());
    let (name, argument) = only.ok_or_else(|| Refusal::bad_request("Malformed request body"))?;
    match name.as_str() {
        "os-start" => simple(world, &request, &START),
        "os-stop" => simple(world, &request, &STOP),
        "suspend" => simple(world, &request, &SUSPEND),
        "resume" => simple(world, &request, &RESUME),
        "reboot" => reboot(world, &request, argument),
        "resize" => resize(world, &request, argument),
        "confirmResize" => confirm(world, &request),
        "revertResize" => revert(world, &request),
        "addSecurityGroup" => security_group::add(world, call, caller, id, argument),
        "removeSecurityGroup" => security_group::remove(world, call, caller, id, argument),
        other => Err(Refusal::bad_request(format!("There is no such action: {other}"))),
    }
}

/// Checks who and when, notes the action, and gives its epoch.
fn begin(world: &mut World, request: &Request<'_>, rule: &Rule) -> Result<u64, Refusal> {
    let Request { call, caller, id } = *request;
    let server = find(world, caller, id)?;
    require(caller.member, rule.policy)?;
    if server.is_unscheduled() {
        return Err(not_found(id));
    }
    if server.vm_state == "error" && !server.was_placed() {
        return Err(Refusal::conflict(format!("Instance {id} is not ready")));
    }
    check_state(rule.name, id, ("vm_state", server.vm_state), rule.from.contains(&server.vm_state))?;
    if let Some(task) = server.task_state {
        check_state(rule.name, id, ("task_state", task), false)?;
    }
    let now = world.now;
    let server = find_mut(world, caller, id)?;
    server.history.push(Action::begun(rule.name, call, caller, now));
    Ok(server.begin(now, rule.task))
}

fn check_state(name: &str, id: &str, (what, state): (&str, &str), fits: bool) -> Result<(), Refusal> {
    if fits {
        return Ok(());
    }
    Err(Refusal::conflict(format!("Cannot '{name}' instance {id} while it is in {what} {state}")))
}

fn later(world: &mut World, id: &str, epoch: u64, delay_ms: u64, step: Step) {
    world.later(delay_ms, Event::Server { id: id.to_owned(), epoch, step });
}

fn simple(world: &mut World, request: &Request<'_>, rule: &Rule) -> Outcome {
    let epoch = begin(world, request, rule)?;
    later(world, request.id, epoch, world.timing.server_action_ms, Step::Acted(rule.to));
    Ok(Answer::text(202, "application/json", ""))
}

fn reboot(world: &mut World, request: &Request<'_>, argument: &Value) -> Outcome {
    let kind = argument.get("type").ok_or_else(|| schema::required("reboot", argument, "type"))?;
    match kind.as_str().unwrap_or_default() {
        "SOFT" | "Soft" | "soft" => simple(world, request, &REBOOT_SOFT),
        "HARD" | "Hard" | "hard" => simple(world, request, &REBOOT_HARD),
        other => Err(schema::invalid("type", kind, &format!("'{other}' is not one of {REBOOT_TYPES}"))),
    }
}

fn resize(world: &mut World, request: &Request<'_>, argument: &Value) -> Outcome {
    let wanted = argument.get("flavorRef").and_then(Value::as_str);
    let wanted = wanted.ok_or_else(|| schema::required("resize", argument, "flavorRef"))?;
    let server = find(world, request.caller, request.id)?;
    require(request.caller.member, "servers:resize")?;
    let missing = || Refusal::bad_request(format!("Flavor {wanted} could not be found."));
    let flavor = flavor::find(world, wanted).ok_or_else(missing)?;
    let rule = Rule {
        name: "resize",
        policy: "servers:resize",
        from: &["active", "stopped"],
        task: "resize_prep",
        to: "resized",
    };
    let fits = rule.from.contains(&server.vm_state) && server.task_state.is_none();
    if fits && server.flavor.id == flavor.id {
        return Err(Refusal::bad_request("When resizing, instances must change flavor!"));
    }
    if fits {
        let change = Change { instances: 0, more: &flavor, less: Some(&server.flavor) };
        world.compute.check_quota(&server.project_id, &change)?;
    }
    let epoch = begin(world, request, &rule)?;
    let server = find_mut(world, request.caller, request.id)?;
    let before = std::mem::replace(&mut server.flavor, flavor);
    server.resized_from = Some((before, server.vm_state));
    let whole = world.timing.server_resize_ms;
    later(world, request.id, epoch, whole / 3, Step::Task("resize_migrating"));
    later(world, request.id, epoch, whole / 3 * 2, Step::Task("resize_finish"));
    later(world, request.id, epoch, whole, Step::Resized);
    Ok(Answer::text(202, "application/json", ""))
}

/// 204, and VERIFY_RESIZE without a task until it is done, as Nova shows it.
fn confirm(world: &mut World, request: &Request<'_>) -> Outcome {
    let rule = Rule {
        name: "confirmResize",
        policy: "servers:confirm_resize",
        from: &["resized"],
        task: "resize_confirming",
        to: "active",
    };
    let epoch = begin(world, request, &rule)?;
    find_mut(world, request.caller, request.id)?.task_state = None;
    later(world, request.id, epoch, world.timing.server_action_ms, Step::Confirmed);
    Ok(Answer::text(204, "application/json", ""))
}

fn revert(world: &mut World, request: &Request<'_>) -> Outcome {
    let rule = Rule {
        name: "revertResize",
        policy: "servers:revert_resize",
        from: &["resized"],
        task: "resize_reverting",
        to: "active",
    };
    let epoch = begin(world, request, &rule)?;
    later(world, request.id, epoch, world.timing.server_resize_ms, Step::Reverted);
    Ok(Answer::text(202, "application/json", ""))
}
