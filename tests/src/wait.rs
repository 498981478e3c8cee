//! Waiting for a state, with a bound.

use std::time::Duration;

use tokio::time::Instant;

const POLL: Duration = Duration::from_millis(50);

/// Looks again and again until `look` finds what it looks for.
///
/// # Panics
/// After `bound`, with `what` in the message.
pub async fn wait_for<T>(what: &str, bound: Duration, look: impl AsyncFnMut() -> Option<T>) -> T {
    settled(bound, look).await.unwrap_or_else(|| panic!("waited {bound:?} in vain for {what}"))
}

/// The same, with `None` after `bound`.
pub async fn settled<T>(bound: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let found = look().await;
        if found.is_some() || begun.elapsed() >= bound {
            return found;
        }
        tokio::time::sleep(POLL).await;
    }
}
