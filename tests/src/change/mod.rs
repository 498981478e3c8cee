//! Every RPC that changes something in the cloud: what it needs to be there, a request that succeeds, and all that there
//! is afterwards. What becomes of it when something fails is told by the tests and by `fault-matrix`.

mod census;
mod needs;
mod setup;
mod table;

pub use self::setup::{Marks, Setup};
pub use self::table::{CHANGES, Change, Ids, Need};
