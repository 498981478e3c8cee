//! Requests that cannot be right: a definite code, a sentence that names the field, and nothing in the cloud.
#![allow(clippy::unwrap_used, missing_docs)]

mod creation;
mod lookup;
mod size;
mod tenant;
