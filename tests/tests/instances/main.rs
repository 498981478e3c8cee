//! Instances from their making to their end, through the host and its plugins, as the platform does it.
#![allow(clippy::unwrap_used, missing_docs)]

mod answer;
mod concurrency;
mod lifecycle;
mod odd;
mod page;
mod silent;
mod stale;
