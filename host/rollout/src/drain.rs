//! What happens to a generation that gets no new calls: what it has begun may end, for a while; then it is cut off, and
//! whoever was cut off is named.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_runtime::Generation;

use super::event::EventKind;
use super::line::Standing;
use super::registry::Registry;
use super::swap;

/// Waits for the end of what a generation has begun before `since`, when it got its last call.
pub(super) async fn run(registry: Arc<Registry>, generation: Arc<Generation>, since: Timestamp) {
    let begun = Instant::now();
    let (calls, operations) = (generation.calls(), generation.operations());
    if calls + operations > 0 {
        let told = format!("{calls} calls and {operations} operations of {} are ending", generation.label);
        registry.events.tell(EventKind::Draining, &*generation, told);
    }
    let bound = Duration::from_millis(registry.runtime.config.drain_timeout_ms);
    let ended = tokio::time::timeout(bound, generation.ended()).await;
    if !drains(&registry, &generation, since) {
        return;
    }
    if ended.is_err() {
        cut(&registry, &generation).await;
    }
    let told = format!("{} has ended after {} ms", generation.label, begun.elapsed().as_millis());
    registry.events.tell(EventKind::Drained, &*generation, told);
    swap::edit_line(&registry, &generation, |line| line.drained(generation.number, since));
    if !registry.routing.keeps(&generation) {
        swap::let_go(&registry, &generation);
    }
}

/// Whether it still has to: it may answer again, or be drained anew by another task. One that is in no line any more has
/// no way back.
fn drains(registry: &Registry, generation: &Generation, since: Timestamp) -> bool {
    registry.routing.read(|lines| {
        let entry = lines.iter().find_map(|line| line.entry(generation.number));
        entry.is_none_or(|entry| entry.standing == Standing::Draining && entry.since == since)
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
