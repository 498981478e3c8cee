//! The wire contract as generated from `proto/`, and what the host asks of all its messages.
//!
//! - `message`: what the host asks of each message (tenant, credentials, resources, `code` and `msg`), and a list of all RPCs
//! - one module a package: its messages, servers and clients
//! - `services!`: a macro over the servers of all services
//!
//! All but the traits is written by `build.rs` from the contract. May use: prost, tonic, and serde for what the operator's
//! commands print. Must never live here: anything of one service, and anything that is written by hand for each.
#![forbid(unsafe_code)]

mod message;

pub use self::message::{Effect, Keyed, RPCS, Request, Response, Rpc};

/// The contract's file descriptor set, for reflection and for tests that walk over every RPC.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The messages, servers and clients of a package.
macro_rules! package {
    ($module:ident, $package:literal) => {
        #[doc = concat!("`", $package, "`.")]
        #[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
        pub mod $module {
            tonic::include_proto!($package);
        }
    };
}

package!(audit, "patchbay.audit.v1");
package!(clouddisk, "clouddisk");
package!(flavor, "flavor");
package!(image, "image");
package!(instance, "instance");
package!(journal, "patchbay.journal.v1");
package!(nasdisk, "nasdisk");
package!(operation, "patchbay.operation.v1");
package!(oss, "oss");
package!(plugin, "patchbay.plugin.v1");
package!(route, "route");
package!(securitygroup, "securitygroup");
package!(tenant, "tenant");
package!(tenant_admin, "patchbay.tenant.v1");
package!(vpc, "vpc");
