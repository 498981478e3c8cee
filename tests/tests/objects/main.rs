//! Object storage from the account's making on, through the host and its plugin, as the platform does it, and beside it
//! as S3's clients and the gateway's administrator do it.
#![allow(clippy::unwrap_used, missing_docs)]

mod call;
mod client;
mod key;
mod killed;
mod lifecycle;
mod odd;
mod policy;
mod quota;
mod refusal;
mod region;
mod secret;
mod skew;
mod tenant;

const INVALID: i32 = 3;
const NOT_FOUND: i32 = 5;
const EXISTS: i32 = 6;
const DENIED: i32 = 7;
const CONFLICT: i32 = 9;
const UNAVAILABLE: i32 = 14;
