//! Security groups from their making to their end, through the host and its plugin. What is answered is compared with
//! what the cloud itself tells its administrator.
#![allow(clippy::unwrap_used, missing_docs)]

mod call;
mod lifecycle;
mod member;
mod odd;
mod protocol;
mod refusal;
mod stale;
mod step;

/// An id that the cloud does not have.
const NOTHING: &str = "5f0c1a52-0000-4000-8000-000000000000";

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
const EXISTS: i32 = 6;
const QUOTA: i32 = 8;
const CONFLICT: i32 = 9;
