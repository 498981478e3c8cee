//! The right to carry operations: a host has it for a while after each sign of life that it gave, by its own clock. Others
//! count longer before they take it for dead, so that two never act at once, and no two clocks need to agree.
//!
//! A machine that is suspended as a whole has a clock that stands still. It learns of its death with its next heartbeat,
//! and until then the rows of its operations are closed to it (`store` of `patchbay-operations`).

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use patchbay_core::HostId;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// It is not this host's any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another host carries it now, or it has ended")]
pub struct Lost;

/// See the module. Once it is lost it stays so; a host that comes to life again has a new one, under a new id.
pub struct Lease {
    host: HostId,
    /// Absent: for ever.
    until: watch::Sender<Option<Instant>>,
    lost: CancellationToken,
}

impl Lease {
    pub(super) fn new(host: HostId, until: Option<Instant>) -> Self {
        Self { host, until: watch::Sender::new(until), lost: CancellationToken::new() }
    }

    /// As whom operations are carried under it.
    #[must_use]
    pub fn host(&self) -> HostId {
        self.host
    }

    /// Whether what is done now is done with right.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.lost.is_cancelled() && self.until.borrow().is_none_or(|until| Instant::now() < until)
    }

    pub(super) fn renew(&self, until: Instant) {
        self.until.send_replace(Some(until));
    }

    pub(super) fn lose(&self) {
        self.lost.cancel();
    }

    /// Does `work` as long as the lease holds. While that is in doubt, because no sign of life could be given lately, it
    /// stands still: it takes no step until one was.
    ///
    /// # Errors
    /// [`Lost`]: it was not finished, and never will be here.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> Result<T, Lost> {
        let mut work = pin!(work);
        loop {
            self.regained().await?;
            let step = poll_fn(|context| match self.holds() {
                true => work.as_mut().poll(context).map(Some),
                false => Poll::Ready(None),
            });
            tokio::select! {
                biased;
                () = self.lost.cancelled() => return Err(Lost),
                done = step => if let Some(done) = done { return Ok(done) },
            }
        }
    }

    /// As soon as it holds.
    pub(super) async fn regained(&self) -> Result<(), Lost> {
        let mut until = self.until.subscribe();
        tokio::select! {
            biased;
            () = self.lost.cancelled() => Err(Lost),
            _ = until.wait_for(|_| self.holds()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn over() -> Lease {
        Lease::new(HostId::draw(), Some(Instant::now()))
    }

    #[tokio::test]
    async fn work_is_done_while_it_holds() {
        for until in [None, Some(Instant::now() + LONG)] {
            assert_eq!(Lease::new(HostId::draw(), until).hold(async { 7 }).await, Ok(7));
        }
    }

    #[tokio::test]
    async fn work_stands_still_until_it_holds_again() {
        let lease = over();
        let mut steps = 0;
        {
            let mut work = pin!(lease.hold(async { steps += 1 }));
            assert_eq!(work.as_mut().now_or_never(), None);
            lease.renew(Instant::now() + LONG);
            assert_eq!(work.await, Ok(()));
        }
        assert_eq!(steps, 1);
    }

    #[tokio::test]
    async fn work_in_the_middle_stands_still_as_well() {
        let lease = Lease::new(HostId::draw(), Some(Instant::now() + LONG));
        let (go, gone) = tokio::sync::oneshot::channel();
        let mut work = pin!(lease.hold(gone));
        assert_eq!(work.as_mut().now_or_never(), None);
        lease.renew(Instant::now());
        go.send(7).unwrap();
        assert_eq!(work.as_mut().now_or_never(), None);
        lease.renew(Instant::now() + LONG);
        assert_eq!(work.await, Ok(Ok(7)));
    }

    #[tokio::test]
    async fn what_is_lost_stays_lost() {
        let lease = over();
        lease.lose();
        lease.renew(Instant::now() + LONG);
        assert!(!lease.holds());
        assert_eq!(lease.hold(async { 7 }).await, Err(Lost));
    }
}
