//! Waiting for a state, with a bound.

use std::time::Duration;

use tokio::time::Instant;

const POLL: Duration = Duration::from_millis(50);

/// Looks again and again until `look` finds what it looks for.
///
/// # Panics
/// After `bound`, naming `what` was waited for.
pub async fn wait_for<T>(what: &str, bound: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < bound, "waited {bound:?} in vain for {what}");
        tokio::time::sleep(POLL).await;
    }
}
