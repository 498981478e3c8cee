//! What outlives a process and is shared by the hosts of one database: the journal of changes in the backends, idempotency
//! keys, and which hosts there are.
//!
//! May use: the database. Must never live here: a call of a plugin, or a request of the platform.
#![forbid(unsafe_code)]

pub mod idempotency;
pub mod journal;
pub mod membership;
