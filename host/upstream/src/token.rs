//! What a login brings: a token, the catalogue that came with it, and how long both are good. Who shares it is `session`.

use std::time::Duration;

use http::header::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::catalogue::Catalogue;

/// What a login brought.
pub(super) struct Session {
    pub(super) token: HeaderValue,
    pub(super) catalogue: Catalogue,
    pub(super) began: Instant,
    pub(super) refresh_at: Instant,
    pub(super) expires_at: Instant,
    /// Held by the one call that refreshes.
    pub(super) refresh: Mutex<()>,
}

impl Session {
    /// `life` counts from `began`. Refreshed `ahead` of its end, but not in the first half of its life.
    pub(super) fn new(
        token: HeaderValue,
        catalogue: Catalogue,
        began: Instant,
        life: Duration,
        ahead: Duration,
    ) -> Self {
        let refresh_at = began + life.saturating_sub(ahead.min(life / 2));
        Self { token, catalogue, began, refresh_at, expires_at: began + life, refresh: Mutex::default() }
    }
}
