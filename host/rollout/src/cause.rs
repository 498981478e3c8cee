//! Who has asked for what happens, for the events that are told of it: an operator, or nobody but the host itself, as when a file
//! has changed. It goes along with the work that it led to, wherever that is told of, and not through each function on the way.

use std::sync::Arc;

use tokio::task_local;

task_local! {
    static OPERATOR: Arc<str>;
}

/// Does the work as asked for by this operator.
pub(super) async fn asked_by<F: Future>(operator: &str, work: F) -> F::Output {
    OPERATOR.scope(operator.into(), work).await
}

/// Who has asked for what is done now; none: the host does it by itself.
pub(super) fn operator() -> Option<Arc<str>> {
    OPERATOR.try_with(Arc::clone).ok()
}

/// The same work, to be done by another task as asked for by whoever has asked for this one.
pub(super) fn carried<F: Future<Output = ()>>(work: F) -> impl Future<Output = ()> {
    let operator = operator();
    async move {
        match operator {
            Some(operator) => OPERATOR.scope(operator, work).await,
            None => work.await,
        }
    }
}
