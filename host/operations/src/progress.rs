//! How an operation stands, for those who wait for it in this process. What its row says is in `store`.

use super::Failure;

/// See the module.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    Beginning,
    Running { resource_id: String },
    Done { resource_id: String, at: String, message: Option<String> },
    Failed(Failure),
}
