//! A change with nothing wrong: what there is before and after it, and how many backend calls it takes.

use std::sync::Arc;

use anyhow::{Result, ensure};
use patchbay_tests::change::{Change, Marks, Setup};

use crate::judge::END_MAX;
use crate::site::Stage;

/// One change, carried out with nothing wrong.
pub(crate) struct Whole {
    pub(crate) change: &'static Change,
    /// Tells changes of one RPC apart.
    pub(crate) number: usize,
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
    pub(crate) calls: u32,
}

impl Whole {
    /// Makes the change for a new tenant.
    ///
    /// # Errors
    /// If it does not succeed.
    pub(crate) async fn of(stage: &Stage, change: &'static Change, number: usize) -> Result<Arc<Self>> {
        let setup = Setup::on(stage.beside(&format!("{change} {number}")).await, change.needs).await;
        let (before, marks) = (setup.lines().await, Marks::new());
        let answer = setup.ask(change.rpc, &setup.request(change), &marks).await?;
        ensure!(answer.code == 0, "{change}: {}", answer.msg);
        ensure!(setup.ended(END_MAX).await.is_ok(), "{change} does not come to its end");
        let asked = setup.cloud().requests().into_iter();
        let own = asked.filter(|request| request.caller_request_id.as_deref() == Some(&marks.request_id));
        let calls = u32::try_from(own.count())?;
        ensure!(calls >= change.calls_min, "{change} takes {calls} calls only");
        Ok(Arc::new(Self { change, number, before, after: setup.lines().await, calls }))
    }
}
