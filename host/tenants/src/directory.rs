//! The keys of all active tenants in memory, so that a wrong one costs no read of its own.
//!
//! Who shows a key that is right as far as is known passes at once. Anybody else, whether there is such a tenant or not,
//! waits for the next time that the changes are read, is looked up again, and is refused then: the same work for both, and
//! one read for all who wait. How changes are read is in `store/changes`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};
use patchbay_core::seal::Digest;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::Config;
use super::keys::Keys;

/// Changes in their order.
pub(super) struct Page {
    pub(super) changes: Vec<Change>,
    /// Whether there may be more behind them.
    pub(super) full: bool,
}

/// What became of one tenant.
pub(super) struct Change {
    pub(super) id: TenantId,
    /// Counts up over all tenants; 0 where that is not known.
    pub(super) revision: i64,
    /// Its keys while it is active.
    pub(super) keys: Option<Keys>,
}

/// See the module.
pub(super) struct Directory {
    keys: RwLock<HashMap<TenantId, Keys>>,
    /// What an unknown tenant's key is compared with.
    nobody: Keys,
    last: Arc<Mutex<Last>>,
    /// Until when what is known counts as fresh.
    fresh_until: RwLock<Option<Instant>>,
    waiting: Semaphore,
    interval_min: Duration,
    fresh: Duration,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The last reading.
#[derive(Debug, Default)]
struct Last {
    revision: i64,
    begun: Option<Instant>,
    failed: Option<Kind>,
}

impl Directory {
    pub(super) fn new(config: &Config, nobody: Digest) -> Self {
        Self {
            keys: RwLock::default(),
            nobody: Keys::only(nobody),
            last: Arc::default(),
            fresh_until: RwLock::default(),
            waiting: Semaphore::new(config.waiting_max.min(Semaphore::MAX_PERMITS)),
            interval_min: Duration::from_millis(config.refresh_ms_min),
            fresh: Duration::from_millis(config.cache_ttl_ms),
        }
    }

    /// Whether that is the digest of a key of the tenant's; takes the same time for a tenant that is not there.
    pub(super) fn has(&self, id: TenantId, shown: &Digest) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let known = keys.get(&id);
        known.unwrap_or(&self.nobody).have(shown) && known.is_some()
    }

    /// Whether the changes were read lately, so that a key that was right then still is.
    pub(super) fn is_fresh(&self) -> bool {
        let until = *self.fresh_until.read().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// A tenant has these keys from now on; none: it is not active any more.
    pub(super) fn set(&self, id: TenantId, keys: Option<Keys>) {
        let mut all = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        match keys {
            Some(keys) => all.insert(id, keys),
            None => all.remove(&id),
        };
    }

    /// What had changed before this call is known when it returns. Those who call at the same time share one reading, by
    /// `read`, which is given the last revision that is known and answers a page of what follows; between two of them at
    /// least `tenant.refresh_ms_min` pass.
    ///
    /// # Errors
    /// [`Kind::Busy`]: `tenant.waiting_max` wait already. [`Kind::Unavailable`]: the changes cannot be read
    /// now; [`Kind::Internal`]: they cannot be read.
    pub(super) async fn refresh<F>(
        self: &Arc<Self>,
        read: impl Fn(i64) -> F + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<Page, Error>> + Send + 'static,
    {
        let arrived = Instant::now();
        let _place = self.waiting.try_acquire().map_err(|_| {
            Error::new(Kind::Busy, "Too many calls wait to be told apart; try again in a moment.")
        })?;
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if last.begun.is_none_or(|begun| begun < arrived) {
            let directory = Arc::clone(self);
            // In a task: who waits for it may go away, and the others' turn must not come sooner for that.
            let reading = tokio::spawn(async move {
                if let Some(begun) = last.begun {
                    sleep_until(begun + directory.interval_min).await;
                }
                directory.read(&mut last, read).await;
                last
            });
            last = reading.await.map_err(Error::internal)?;
        }
        last.failed.map_or(Ok(()), |kind| Err(Error::new(kind, kind.default_message())))
    }

    async fn read<F>(&self, last: &mut Last, read: impl Fn(i64) -> F)
    where
        F: Future<Output = Result<Page, Error>>,
    {
        let begun = Instant::now();
        last.begun = Some(begun);
        // Until it is known to be otherwise: a reading that is broken off has told nothing.
        last.failed = Some(Kind::Unavailable);
        loop {
            let Page { changes, full } = match read(last.revision).await {
                Ok(page) => page,
                Err(error) => {
                    last.failed = Some(error.kind());
                    return tracing::warn!(error = %error.chain(), "changes of tenants cannot be read");
                }
            };
            let revision = changes.iter().map(|change| change.revision).fold(last.revision, i64::max);
            let more = full && revision > last.revision;
            changes.into_iter().for_each(|change| self.set(change.id, change.keys));
            last.revision = revision;
            if !more {
                break;
            }
        }
        last.failed = None;
        *self.fresh_until.write().unwrap_or_else(PoisonError::into_inner) = Some(begun + self.fresh);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    struct Rig {
        directory: Arc<Directory>,
        reads: Arc<AtomicUsize>,
    }

    fn id(number: u32) -> TenantId {
        format!("t-{number:010}").parse().unwrap()
    }

    fn digest(byte: u8) -> Digest {
        Digest::from_base64(&base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [byte; 32]))
            .unwrap()
    }

    impl Rig {
        fn new(config: &Config) -> Self {
            Self { directory: Arc::new(Directory::new(config, digest(0))), reads: Arc::default() }
        }

        /// As a database that takes a moment and holds tenant 1; `fails`: it does not answer.
        async fn refresh(&self, fails: bool) -> Result<(), Error> {
            let reads = Arc::clone(&self.reads);
            let read = move |after| {
                let reads = Arc::clone(&reads);
                async move {
                    reads.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    let one = Change { id: id(1), revision: 7, keys: Some(Keys::only(digest(1))) };
                    let changes = Some(one).into_iter().filter(|change| change.revision > after).collect();
                    let page = Page { changes, full: false };
                    if fails { Err(patchbay_core::failure::late()) } else { Ok(page) }
                }
            };
            self.directory.refresh(read).await
        }

        fn reads(&self) -> usize {
            self.reads.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn who_waits_at_the_same_time_shares_a_reading() {
        let rig = Rig::new(&Config::default());
        assert!(join_all((0..200).map(|_| rig.refresh(false))).await.into_iter().all(|read| read.is_ok()));
        assert_eq!(rig.reads(), 1);
        assert!(rig.directory.has(id(1), &digest(1)));
        assert!(!rig.directory.has(id(1), &digest(2)) && !rig.directory.has(id(2), &digest(1)));
        assert!(!rig.directory.has(id(2), &digest(0)), "nobody's key is no key");
        rig.refresh(false).await.unwrap();
        assert_eq!(rig.reads(), 2, "what changed since is read");
    }

    #[tokio::test]
    async fn a_reading_goes_on_when_nobody_waits_for_it() {
        let rig = Rig::new(&Config { refresh_ms_min: 600_000, ..Config::default() });
        for _ in 0..20 {
            let _ = tokio::time::timeout(Duration::from_millis(1), rig.refresh(false)).await;
        }
        assert!(rig.reads() <= 1, "leaving does not bring the next one forward");
    }

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let rig = Rig::new(&Config { waiting_max: 3, ..Config::default() });
        let outcomes = join_all((0..5).map(|_| rig.refresh(false))).await;
        let refused: Vec<_> =
            outcomes.into_iter().filter_map(Result::err).map(|error| error.kind()).collect();
        assert_eq!(refused, [Kind::Busy; 2]);
        assert_eq!(rig.refresh(false).await.map_err(|error| error.kind()), Ok(()));
    }

    #[tokio::test]
    async fn what_is_known_gets_old_and_a_failure_concerns_all_who_waited() {
        let rig = Rig::new(&Config { cache_ttl_ms: 50, ..Config::default() });
        rig.refresh(false).await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(!rig.directory.is_fresh());
        let failed = join_all((0..200).map(|_| rig.refresh(true))).await;
        assert!(failed.iter().all(|end| end.as_ref().is_err_and(|error| error.kind() == Kind::Unavailable)));
        assert_eq!((rig.reads(), rig.directory.is_fresh()), (2, false));
        rig.refresh(false).await.unwrap();
        assert_eq!(rig.reads(), 3);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_a_defect_and_not_away() {
        let rig = Rig::new(&Config::default());
        let read = |_| async { Err(Error::internal(anyhow::anyhow!("a column is missing"))) };
        assert_eq!(rig.directory.refresh(read).await.map_err(|error| error.kind()), Err(Kind::Internal));
    }
}
