//! One backend call of one change, at which one thing goes wrong. What is left of it is judged in `judge`.

use std::sync::Arc;

use patchbay_tests::Deployment;
use patchbay_tests::change::{Marks, Setup};
use patchbay_tests::contract::Answer;
use serde_json::Value;
use tokio::task::{JoinHandle, spawn_local};
use tonic::Status;

use crate::round::Plan;
use crate::site::Stage;

/// What the client gets; an error where the host went away.
pub(crate) type Got = Result<Answer, Status>;

/// A tenant who is about to make the change.
pub(crate) struct Point {
    pub(crate) plan: Plan,
    pub(crate) setup: Setup<Arc<Deployment>>,
    pub(crate) request: Value,
    pub(crate) marks: Marks,
}

impl Point {
    /// Gives a new tenant what the change needs.
    pub(crate) async fn prepare(stage: Arc<Stage>, plan: Plan) -> Arc<Self> {
        let change = plan.whole.change;
        let setup = Setup::on(stage.beside(&plan.name()).await, change.needs).await;
        let request = setup.request(change);
        Arc::new(Self { plan, setup, request, marks: Marks::new() })
    }

    /// Lets the call go wrong.
    pub(crate) fn arm(&self) {
        let Some(effect) = self.plan.fault.effect() else { return };
        let fault = cloudsim::Fault::once(effect).skip(self.plan.call);
        assert!(self.setup.cloud().fault(fault.of(&self.marks.request_id)), "too many points side by side");
    }

    /// Whether the backend has got the call.
    pub(crate) fn is_met(&self) -> bool {
        !self.setup.cloud().awaits(&self.marks.request_id)
    }

    /// The client's first attempt, while other things go on.
    pub(crate) fn begin(self: &Arc<Self>) -> JoinHandle<Got> {
        let point = Arc::clone(self);
        spawn_local(async move { point.attempt(&point.marks).await })
    }

    /// One attempt, with the same key each time.
    pub(crate) async fn attempt(&self, marks: &Marks) -> Got {
        self.setup.ask(self.plan.whole.change.rpc, &self.request, marks).await
    }
}
