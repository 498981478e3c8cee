//! What happens when the operators' file changes: what it holds is looked at whole, and holds from then on; or it is broken, and
//! those who were operators are. What is in the file is known to `auth` of `patchbay-tenants`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use patchbay_rollout::{EventKind, Watched};
use patchbay_tenants::auth::Operators;

/// The file, as the watch has it.
pub(crate) struct OperatorsFile {
    operators: Arc<Operators>,
    path: PathBuf,
    /// Why it was refused last, so that the same is not told again.
    refused: Mutex<Option<String>>,
}

impl OperatorsFile {
    /// None where the configuration names none.
    pub(crate) fn of(operators: &Arc<Operators>) -> Option<Self> {
        let path = operators.file()?.to_owned();
        Some(Self { operators: Arc::clone(operators), path, refused: Mutex::default() })
    }
}

impl Watched for OperatorsFile {
    fn files(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }

    fn look(&self) -> Option<(EventKind, String)> {
        let reloaded = self.operators.reload();
        let now = reloaded.as_ref().err().map(|error| format!("those before are operators still: {error:#}"));
        let before = {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *refused, now.clone())
        };
        if let Ok(Some(count)) = reloaded {
            let told = format!("auth.operators_file: {count} operators hold from now on");
            tracing::warn!("{told}");
            return Some((EventKind::OperatorsApplied, told));
        }
        let told = now.filter(|now| before.as_ref() != Some(now))?;
        tracing::error!("{told}");
        Some((EventKind::OperatorsRefused, told))
    }
}
