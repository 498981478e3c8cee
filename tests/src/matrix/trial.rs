//! One RPC: made once with nothing wrong, which says what there is to try, and then at each point. What is looked at by an RPC
//! that changes nothing is there once for all points; what changes is there anew for each.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::Stage;
use super::mutation::HIDDEN;
use super::point::{self, Point};
use crate::Deployment;
use crate::change::{Change, Marks, Setup};
use crate::contract::Answer;

/// How long a call may take: more than its host waits for an operation.
const CALL_MAX: Duration = Duration::from_secs(45);
/// How long an operation may take to end, undoing included.
const END_MAX: Duration = Duration::from_secs(60);
/// The code of what is our fault.
const INTERNAL: i64 = 13;

/// An RPC on its way to every point.
pub(super) struct Trial {
    change: &'static Change,
    looks: bool,
    setup: Setup<Arc<Deployment>>,
    points: Vec<Point>,
    before: Vec<String>,
    after: Vec<String>,
}

/// What was found at a point.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) met: bool,
    pub(super) faults: Vec<String>,
}

impl Trial {
    pub(super) async fn of(stage: &Stage, change: &'static Change, looks: bool) -> Self {
        let setup =
            Setup::on(stage.beside(&format!("whole {change} {}", Uuid::new_v4())).await, change.needs).await;
        let (before, marks) = (setup.lines().await, Marks::new());
        setup.cloud().set_answers_kept(true);
        let answer = setup.ask(change.rpc, &setup.request(change), &marks).await.expect("an answer");
        assert_eq!(answer.code, 0, "{change}: {}", answer.msg);
        setup.ended(END_MAX).await.expect("operations that end");
        setup.cloud().set_answers_kept(false);
        let asked = setup.cloud().requests().into_iter();
        let own: Vec<_> =
            asked.filter(|request| request.caller_request_id.as_deref() == Some(&marks.request_id)).collect();
        let after = setup.lines().await;
        Self { change, looks, points: point::points(&own), setup, before, after }
    }

    pub(super) fn points(&self) -> Vec<Point> {
        self.points.clone()
    }

    pub(super) async fn at(&self, stage: &Stage, point: &Point) -> Verdict {
        if self.looks {
            return self.tried(&self.setup, point).await;
        }
        let tenant = stage.beside(&format!("{} {}", self.change, Uuid::new_v4())).await;
        self.tried(&Setup::on(tenant, self.change.needs).await, point).await
    }

    async fn tried(&self, setup: &Setup<Arc<Deployment>>, point: &Point) -> Verdict {
        let (marks, cloud) = (Marks::new(), setup.cloud());
        cloud.fault(point.fault(&marks.request_id));
        let request = setup.request(self.change);
        let answered = timeout(CALL_MAX, setup.ask(self.change.rpc, &request, &marks)).await;
        let (code, wrong) = match answered {
            Err(_) => (None, Some("it does not end".to_owned())),
            Ok(Err(status)) => (None, Some(status.to_string())),
            Ok(Ok(answer)) => (Some(answer.code), wrong(&answer)),
        };
        let left = if self.looks { None } else { self.left(setup, &marks.request_id, code).await };
        let met = !cloud.awaits(&marks.request_id);
        cloud.clear_faults_of(&marks.request_id);
        let faults = wrong.into_iter().chain(left);
        Verdict { met, faults: faults.map(|fault| format!("{} at {point}: {fault}", self.change)).collect() }
    }

    /// What is there in the end that should not be, or is not. A backend that does not tell the truth may have it that all is
    /// as it was asked to be, or that what has been done has not.
    async fn left(
        &self,
        setup: &Setup<Arc<Deployment>>,
        request_id: &str,
        code: Option<i64>,
    ) -> Option<String> {
        let Ok(operations) = setup.ended(END_MAX).await else { return Some("it goes on".to_owned()) };
        let own = operations.iter().find(|operation| operation["request_id"] == request_id);
        let failed = own.map_or(code != Some(0), |operation| operation["state"] == "failed");
        let allowed = match failed && self.change.undone {
            true => vec![&self.before],
            false => vec![&self.before, &self.after],
        };
        let found = setup.comes_to(&allowed, END_MAX).await.err()?;
        Some(format!("it leaves {found:#?}, not {allowed:#?}"))
    }
}

fn wrong(answer: &Answer) -> Option<String> {
    let shown = HIDDEN.iter().find(|hidden| answer.msg.contains(**hidden));
    match (answer.code, shown) {
        (_, Some(hidden)) => Some(format!("it tells {hidden}: {} {}", answer.code, answer.msg)),
        (INTERNAL, _) => Some(format!("it is our fault: {}", answer.msg)),
        _ if answer.msg.chars().any(char::is_control) => {
            Some(format!("control characters: {:?}", answer.msg))
        }
        _ => None,
    }
}
