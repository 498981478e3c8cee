//! What happens to a generation that gets no new calls: what it has begun may end, for a while; then it is cut off, and
//! whoever was cut off is named.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::event::EventKind;
use super::generation::Generation;
use super::line::Standing;
use super::runtime::Runtime;
use super::swap;

/// Waits for the end of what a generation has begun before `since`, when it got its last call.
pub(super) async fn run(runtime: Arc<Runtime>, generation: Arc<Generation>, since: Timestamp) {
    let begun = Instant::now();
    let (calls, operations) = (generation.calls(), generation.operations());
    if calls + operations > 0 {
        let told = format!("{calls} calls and {operations} operations of {} are ending", generation.label);
        runtime.events.tell(EventKind::Draining, &*generation, told);
    }
    let bound = Duration::from_millis(runtime.config.drain_timeout_ms);
    let ended = tokio::time::timeout(bound, generation.activity.ended()).await;
    if !drains(&runtime, &generation, since) {
        return;
    }
    if ended.is_err() {
        cut(&runtime, &generation).await;
    }
    let told = format!("{} has ended after {} ms", generation.label, begun.elapsed().as_millis());
    runtime.events.tell(EventKind::Drained, &*generation, told);
    swap::edit_line(&runtime, &generation, |line| line.drained(generation.number, since));
}

/// Whether it still has to: it may answer again, or be drained anew by another task.
fn drains(runtime: &Runtime, generation: &Generation, since: Timestamp) -> bool {
    runtime.routing.read(|lines| {
        let own =
            |line: &&super::line::Line| line.domain == generation.domain && line.region == generation.region;
        // A line without a route is in no table, and its generations end all the same.
        let Some(line) = lines.iter().find(own) else { return true };
        line.entry(generation.number)
            .is_some_and(|entry| entry.standing == Standing::Draining && entry.since == since)
    })
}

async fn cut(runtime: &Runtime, generation: &Generation) {
    let operations = generation.operations();
    let (calls, named) = generation.activity.cut_off().await;
    let told = format!(
        "{} was given {} ms: {calls} calls were cut off ({}), {operations} operations go on",
        generation.label,
        runtime.config.drain_timeout_ms,
        named.join(", ")
    );
    tracing::warn!(plugin = %generation.label, calls, operations, "{told}");
    runtime.events.tell(EventKind::Cancelled, generation, told);
}
