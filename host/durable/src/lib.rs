//! What outlives a process and is shared by the hosts of one database: the journal of changes in the backends, the audit trail,
//! idempotency keys, and which hosts there are.
//!
//! - `journal`: the backend calls that change something, written before a plugin sees the answer, and what is left of them
//! - `audit`: who asked for which change, who was refused, and what happened to plugins, written before the answer
//! - `writer`: the task that writes both, many rows at once
//! - `idempotency`: requests that are sent again under a key, and what they led to
//! - `membership`: the hosts of the database: heartbeats, leases, and who is dead
//!
//! May use: the database. Must never live here: a call of a plugin, or a request of the platform.
#![forbid(unsafe_code)]

pub mod audit;
pub mod idempotency;
pub mod journal;
pub mod membership;
mod writer;
