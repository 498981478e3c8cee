//! Seeing inside: metrics and logs. No decisions are made on what is measured here.

mod metrics;

pub use metrics::Metrics;
