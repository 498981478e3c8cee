//! What must come out, on a machine with two cores.

/// Calls with another code than 0, without an answer, or with an answer to another question.
pub(crate) const FAILED_MAX: u64 = 0;
/// Operations without a good end, or whose resource is not as it was asked to be.
pub(crate) const LOST_MAX: usize = 0;
/// Growth of the host's resident memory, less what it may be wrong by.
pub(crate) const SLOPE_BYTES_MAX: f64 = 1024.0;
/// The 99th percentile with swaps to that without.
pub(crate) const P99_RATIO_MAX: f64 = 1.5;
/// From the rename until a plugin serves that was compiled before.
pub(crate) const WARM_MS_MAX: u64 = 200;
/// The same for one that never was.
pub(crate) const COLD_MS_MAX: u64 = 1_000;
