//! Every RPC that changes something in the cloud, and every one that looks: what it needs to be there, a request that succeeds, and all that there
//! is afterwards. What becomes of it when something fails is told by the tests and by `fault-matrix`.

mod census;
mod needs;
mod reads;
mod setup;
mod table;

pub use self::reads::READS;
pub use self::setup::{Marks, Setup};
pub use self::table::{CHANGES, Change, Ids, Need};
