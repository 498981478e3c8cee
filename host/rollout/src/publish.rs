//! A change of the routing table, and what follows from it: a generation that gets no new calls may end what it has begun, for
//! a while; then it is cut off, and whoever was cut off is named. Why the table is changed is not known here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_core::Domain;
use patchbay_runtime::Generation;

use super::cause;
use super::event::EventKind;
use super::registry::Registry;
use super::rollout::{Consequences, Entry, Rollout, Unfit};

/// Changes the routing table and sees to what follows.
pub(super) fn edit<R, E>(
    registry: &Arc<Registry>,
    change: impl FnOnce(&mut Vec<Rollout>) -> Result<R, E>,
) -> Result<R, E> {
    let (done, Consequences { draining, gone }) = registry.routing.edit(change)?;
    for Entry { generation, since, .. } in draining {
        registry.history.draining(&generation);
        tokio::spawn(cause::carried(drain(Arc::clone(registry), generation, since)));
    }
    gone.iter().for_each(|generation| let_go(registry, generation));
    Ok(done)
}

/// Nobody can switch back to it any more.
pub(super) fn let_go(registry: &Registry, generation: &Generation) {
    registry.runtime.release(generation);
    if registry.history.gone(generation) {
        if registry.routing.compiled(&generation.digest).is_none() {
            registry.runtime.metrics().forget(&generation.label);
        }
        let told = format!("{} was let go", generation.label);
        registry.events.tell(EventKind::Gone, generation, told);
    }
}

/// As [`edit`], for the rollout of a generation, if it is there.
pub(super) fn edit_line<R>(
    registry: &Arc<Registry>,
    generation: &Generation,
    change: impl FnOnce(&mut Rollout) -> R,
) -> Option<R> {
    edit(registry, |lines| line_mut(lines, generation.domain, &generation.region).map(change)).ok()
}

pub(super) fn line_mut<'a>(
    lines: &'a mut [Rollout],
    domain: Domain,
    region: &str,
) -> Result<&'a mut Rollout, Unfit> {
    let line = lines.iter_mut().find(|line| line.domain == domain && line.region == region);
    line.ok_or_else(|| Unfit::Unrouted(domain.as_str(), region.to_owned()))
}

/// Waits for the end of what a generation has begun before `since`, when it got its last call.
async fn drain(registry: Arc<Registry>, generation: Arc<Generation>, since: Timestamp) {
    let begun = Instant::now();
    let (calls, operations) = (generation.calls(), generation.operations());
    if calls + operations > 0 {
        let told = format!("{calls} calls and {operations} operations of {} are ending", generation.label);
        registry.events.tell(EventKind::Draining, &*generation, told);
    }
    // What is kept for calls that do not come any more; below, what the last ones gave back.
    registry.runtime.release(&generation);
    let bound = Duration::from_millis(registry.runtime.config.drain_timeout_ms);
    let ended = tokio::time::timeout(bound, generation.ended()).await;
    if !drains(&registry, &generation, since) {
        return;
    }
    if ended.is_err() {
        cut(&registry, &generation).await;
    }
    registry.runtime.release(&generation);
    let told = format!("{} has ended after {} ms", generation.label, begun.elapsed().as_millis());
    registry.events.tell(EventKind::Drained, &*generation, told);
    edit_line(&registry, &generation, |line| line.drained(generation.number, since));
    if !registry.routing.keeps(&generation) {
        let_go(&registry, &generation);
    }
}

/// Whether it still has to: it may answer again, or be drained anew by another task. One that is in no rollout any more
/// has no way back.
fn drains(registry: &Registry, generation: &Generation, since: Timestamp) -> bool {
    registry.routing.read(|lines| {
        let entry = lines.iter().find_map(|line| line.entry(generation.number));
        entry.is_none_or(|entry| entry.state.drained().is_some() && entry.since == since)
    })
}

async fn cut(registry: &Registry, generation: &Generation) {
    let operations = generation.operations();
    let (calls, named) = generation.cut_off().await;
    let told = format!(
        "{} was given {} ms: {calls} calls were cut off ({}), {operations} operations go on",
        generation.label,
        registry.runtime.config.drain_timeout_ms,
        named.join(", ")
    );
    tracing::warn!(plugin = %generation.label, calls, operations, "{told}");
    registry.events.tell(EventKind::Cancelled, generation, told);
}
