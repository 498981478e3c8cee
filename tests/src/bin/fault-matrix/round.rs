//! Many points side by side: those at which one call goes wrong each by itself, those that a kill or a swap strikes all at
//! once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures::future::join_all;
use patchbay_tests::change::Change;
use patchbay_tests::wait::settled;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinHandle, spawn_local};
use uuid::Uuid;

use crate::fault::Fault;
use crate::judge::Verdict;
use crate::point::{Got, Point};
use crate::site::Site;
use crate::whole::Whole;

/// Points that go on at once; the cloud takes no more than 100 faults.
const SIDE_BY_SIDE: usize = 24;
/// How often each change is made when it is the moment that counts.
const MOMENTS: u32 = 8;
/// How long it may take until all calls are where they are to be struck.
const MET_MAX: Duration = Duration::from_secs(60);

/// What is to go wrong, where.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) whole: Arc<Whole>,
    pub(crate) fault: Fault,
    /// Backend calls before the one that goes wrong.
    pub(crate) call: u32,
}

impl Plan {
    /// One for each call of the change; where it is the moment that counts, some.
    pub(crate) fn all(whole: &Arc<Whole>, fault: Fault) -> impl Iterator<Item = Self> {
        let count = if fault.effect().is_some() { whole.calls } else { MOMENTS };
        (0..count).map(move |call| Self { whole: Arc::clone(whole), fault, call })
    }

    /// What nobody else is called.
    pub(crate) fn name(&self) -> String {
        let Whole { change, number, .. } = &*self.whole;
        format!("{change} {number}, {} at call {}", self.fault.as_str(), self.call + 1)
    }
}

/// Each change with nothing wrong.
///
/// # Errors
/// If one does not succeed.
pub(crate) async fn wholes(site: &Site, changes: &[&'static Change]) -> Result<Vec<Arc<Whole>>> {
    let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let made = changes.iter().enumerate().map(|(number, change)| {
        let (stage, places, change) = (Arc::clone(&site.stage), Arc::clone(&places), *change);
        spawn_local(async move {
            let _place = places.acquire_owned().await?;
            Whole::of(&stage, change, number).await
        })
    });
    let made: Vec<_> = made.collect();
    join_all(made).await.into_iter().map(|whole| whole?).collect()
}

/// What was found at each point.
pub(crate) async fn carry_out(site: &mut Site, plans: Vec<Plan>) -> Vec<(Plan, Verdict)> {
    if plans.iter().any(|plan| plan.fault == Fault::Takeover) {
        site.pair().await;
        site.take_time();
    }
    let mut found = Vec::new();
    for plans in plans.chunks(SIDE_BY_SIDE) {
        let prepared =
            plans.iter().map(|plan| spawn_local(Point::prepare(Arc::clone(&site.stage), plan.clone())));
        let prepared = join_all(prepared.collect::<Vec<_>>()).await;
        let attempts: Vec<_> = prepared.into_iter().map(|point| point.map(Attempt::begin)).collect();
        strike(site, &attempts, plans[0].fault).await;
        let judged = attempts.into_iter().map(|attempt| judged(site, attempt));
        found.extend(plans.iter().cloned().zip(join_all(judged).await));
    }
    found
}

/// The client's first attempt, which goes on.
struct Attempt {
    point: Arc<Point>,
    answer: JoinHandle<Got>,
}

impl Attempt {
    fn begin(point: Arc<Point>) -> Self {
        point.arm();
        Self { answer: point.begin(), point }
    }

    /// Whether its fault has come about, or never will.
    fn is_ready(&self) -> bool {
        self.point.is_met() || self.is_answered()
    }

    fn is_answered(&self) -> bool {
        self.answer.is_finished()
    }
}

/// Kills a host or swaps its plugins: when all calls are where they are to be struck, or when some attempts are answered
/// and others are not.
async fn strike(site: &mut Site, attempts: &[Result<Attempt, JoinError>], fault: Fault) {
    let under_way = attempts.iter().flatten().count();
    let (count, is_there): (usize, fn(&Attempt) -> bool) = match fault {
        Fault::Kill | Fault::Swap => (under_way, Attempt::is_ready),
        Fault::Takeover => (Uuid::new_v4().as_u128() as usize % under_way.max(1), Attempt::is_answered),
        _ => return,
    };
    let there = async || {
        let there = attempts.iter().flatten().filter(|attempt| is_there(attempt)).count();
        (there >= count).then_some(())
    };
    // Who is late is struck on the way, which shows in the count of points.
    let _ = settled(MET_MAX, there).await;
    match fault {
        Fault::Kill => site.kill().await,
        Fault::Swap => site.swap().await,
        _ => site.fail_over().await,
    }
}

/// What is found, also when finding out fails.
async fn judged(site: &Site, attempt: Result<Attempt, JoinError>) -> Verdict {
    let judged = async {
        let Attempt { point, answer } = attempt?;
        let got = answer.await?;
        let (request_id, fault) = (point.marks.request_id.clone(), point.plan.fault);
        let mut verdict = spawn_local(async move { point.judge(got).await }).await?;
        verdict.met &= fault.trace().is_none_or(|reason| site.has_not_survived(&request_id, reason));
        Ok::<_, JoinError>(verdict)
    };
    judged.await.unwrap_or_else(|panic| Verdict::unknown(panic.to_string()))
}
