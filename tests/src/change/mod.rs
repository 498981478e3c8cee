//! Every RPC that changes something in the cloud: what it needs to be there, a request that succeeds, and all that there
//! is afterwards. What becomes of it when something fails is the affair of the tests and of `crash-proof`.

mod census;
mod needs;
mod setup;
mod table;

pub use self::setup::{Ids, Marks, Setup};
pub use self::table::{CHANGES, Change, Need};
