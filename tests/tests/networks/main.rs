//! VPCs and routers from their making to their end, through the host and its plugins, as the platform does it.
#![allow(clippy::unwrap_used, missing_docs)]

mod call;
mod creation;
mod killed;
mod quota;
mod router;
mod routes;
mod stale;
mod subnet;
mod vpc;

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
const CONFLICT: i32 = 9;

/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";
