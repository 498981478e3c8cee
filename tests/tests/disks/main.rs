//! Disks from their making to their end, through the host and its plugins, as the platform does it.
#![allow(clippy::unwrap_used, missing_docs)]

mod call;
mod conflict;
mod fault;
mod lifecycle;
mod odd;
mod quota;
mod refusal;
mod stale;
mod unfiltered;

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
const QUOTA: i32 = 8;
const CONFLICT: i32 = 9;
const UNAVAILABLE: i32 = 14;

/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";
