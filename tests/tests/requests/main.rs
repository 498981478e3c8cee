//! Requests that cannot be right: a definite code, a sentence that names the field, and nothing in the cloud. And what is
//! hardly a request: it is answered in gRPC's or HTTP's own words, and given so much room and time.
#![allow(clippy::unwrap_used, missing_docs)]

mod bound;
mod creation;
mod deadline;
mod form;
mod leaving;
mod limit;
mod lookup;
mod message;
mod open;
mod overload;
mod silent;
mod size;
mod tenant;

/// A call that reads.
const GET_FLAVOR: &str = "flavor.FlavorService/GetFlavor";
