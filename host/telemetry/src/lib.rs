//! Seeing inside: metrics, logs, and whether the host is ready.
//!
//! - `metrics`: what `/metrics` shows, and the one place where its names are
//! - `log`: the log as text or JSON, with nothing in it that steers a terminal
//! - `sample`: which refused calls get a line in it
//! - `readiness`: whether the host wants calls, and why not
//!
//! May use: the ids and words of `patchbay-core`. Must never live here: a decision on what is measured, or a port that shows
//! it.
#![forbid(unsafe_code)]

pub mod log;
mod metrics;
mod readiness;
mod sample;

pub use self::metrics::{Answered, Metrics};
pub use self::readiness::Readiness;
pub use self::sample::Sampler;
