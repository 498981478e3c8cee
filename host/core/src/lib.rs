//! What every part of the host speaks of: ids, errors, secrets, and text that is fit to be told.
//!
//! May use: small crates without input or output, what rustls verifies certificates with, and sqlx for the one conversion that can be nowhere else (`failure`). Must
//! never live here: anything that opens a socket, a database, or a file but a secret's (`secret`), that knows a domain's
//! requests, or that decides who may do what.
#![forbid(unsafe_code)]

pub mod certificate;
pub mod digest;
pub mod domain;
pub mod error;
pub mod failure;
mod host_id;
pub mod mark;
mod operation_id;
pub mod seal;
pub mod secret;
pub mod share;
mod tenant_id;
pub mod text;

pub use self::digest::Digest;
pub use self::domain::Domain;
pub use self::error::{Error, Kind};
pub use self::host_id::HostId;
pub use self::mark::{Installation, Mark};
pub use self::operation_id::{NotAnOperationId, OperationId};
pub use self::tenant_id::{NotATenantId, TenantId};
