//! The api keys that hold for one tenant: one, or two for a time, while callers are given the new one.

use patchbay_core::seal::Digest;
use tokio::time::Instant;

/// What is kept of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    current: Digest,
    before: Option<(Digest, Instant)>,
}

impl Keys {
    /// One key alone.
    pub(crate) fn only(current: Digest) -> Self {
        Self { current, before: None }
    }

    /// The same, beside the one before it until then.
    pub(crate) fn beside(self, before: Digest, until: Instant) -> Self {
        Self { before: Some((before, until)), ..self }
    }

    /// Whether the digest is that of one of them.
    pub(crate) fn have(&self, shown: &Digest) -> bool {
        let current = shown.matches(&self.current);
        let before = |(digest, until): &(Digest, Instant)| Instant::now() < *until && shown.matches(digest);
        current || self.before.as_ref().is_some_and(before)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn digest(byte: u8) -> Digest {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [byte; 32]);
        Digest::from_base64(&text).unwrap()
    }

    #[test]
    fn the_one_before_holds_for_its_time() {
        let now = Instant::now();
        let keys = Keys::only(digest(2));
        assert!(keys.have(&digest(2)) && !keys.have(&digest(1)));
        let both = keys.beside(digest(1), now + Duration::from_secs(600));
        assert!(both.have(&digest(2)) && both.have(&digest(1)) && !both.have(&digest(3)));
        let over = keys.beside(digest(1), now);
        assert!(over.have(&digest(2)) && !over.have(&digest(1)));
    }
}
