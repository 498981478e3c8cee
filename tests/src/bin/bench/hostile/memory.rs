//! The most memory that a process has while something goes on.

use std::time::Duration;

use anyhow::Result;
use patchbay_tests::measured::process::Process;

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Of a process.
pub(crate) struct Memory;

impl Memory {
    /// What `work` gives, and the peak in MiB.
    pub(crate) async fn peak_during<T>(process: &Process, work: impl Future<Output = T>) -> Result<(T, u64)> {
        let mut work = std::pin::pin!(work);
        let mut peak = process.resident_mib()?;
        loop {
            tokio::select! {
                done = &mut work => return Ok((done, peak)),
                () = tokio::time::sleep(LOOK) => peak = peak.max(process.resident_mib()?),
            }
        }
    }
}
