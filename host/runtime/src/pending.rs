//! What a call has begun and not yet got. Counted before anything is queued for it: a guest can begin thousands at once,
//! and each keeps its request in the host's memory. A call that begins too much is ended. What is begun is not known
//! here.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use patchbay_core::error::{Error, Kind};
use tokio::sync::Notify;

/// Those of one call.
#[derive(Default)]
pub(crate) struct Pending {
    count: AtomicUsize,
    bytes: AtomicUsize,
    /// The bound that was reached.
    over: OnceLock<&'static str>,
    told: Notify,
}

/// One of them, until it is dropped.
pub(crate) struct Begun {
    pending: Arc<Pending>,
    bytes: usize,
}

impl Pending {
    /// Room for one more whose request has so many bytes.
    ///
    /// # Errors
    /// [`Kind::Busy`]; the call ends.
    pub(crate) fn begin(
        self: &Arc<Self>,
        bytes: usize,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Begun, Error> {
        // Counted first and, where it is too much, given back by the drop.
        let begun = Begun { pending: Arc::clone(self), bytes };
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let together = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if count > count_max {
            return Err(self.refused("pending_max"));
        }
        if together > bytes_max {
            return Err(self.refused("pending_bytes_max"));
        }
        Ok(begun)
    }

    /// Whether nothing that was begun goes on.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Whether it may count for another call: nothing goes on, and no bound was reached.
    pub(crate) fn is_fresh(&self) -> bool {
        self.is_empty() && self.over.get().is_none()
    }

    fn refused(&self, bound: &'static str) -> Error {
        let bound = self.over.get_or_init(|| bound);
        self.told.notify_one();
        Error::new(Kind::Busy, sentence(bound))
    }

    /// Ends when too much was begun, and says so.
    pub(crate) async fn over(&self) -> String {
        loop {
            if let Some(told) = self.is_over() {
                return told;
            }
            self.told.notified().await;
        }
    }

    pub(crate) fn is_over(&self) -> Option<String> {
        self.over.get().map(|bound| sentence(bound))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.pending.count.fetch_sub(1, Ordering::Relaxed);
        self.pending.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn sentence(bound: &str) -> String {
    format!("the call has begun more at once than plugin.{bound} allows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_begun_is_bounded_in_number_and_in_bytes_until_it_ends() {
        let pending = Arc::new(Pending::default());
        let begin = |bytes| pending.begin(bytes, 2, 100);
        let (one, two) = (begin(50), begin(50));
        assert!(one.is_ok() && two.is_ok());
        drop(two);
        assert!(begin(50).is_ok());
        assert!(pending.over.get().is_none());
        assert!(begin(51).is_err() && begin(50).is_ok(), "what was refused takes no room");
        assert!(pending.over().await.contains("plugin.pending_bytes_max "));
        let two = begin(0);
        let three = begin(0).err().map(|error| error.message().to_owned());
        assert!(three.is_some_and(|told| told.contains("plugin.pending_bytes_max ")), "the first is told");
        drop((one, two));
        assert!(begin(usize::MAX).is_err() && begin(100).is_ok());
    }
}
