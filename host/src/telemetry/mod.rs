//! Seeing inside: metrics, logs, and the port that shows them. No decisions are made on what is measured here.

pub mod http;
pub mod log;
mod metrics;
mod readiness;
mod sample;

pub use metrics::Metrics;
pub use sample::Sampler;
