//! The wire contract as generated from `proto/`; nothing is written by hand here.
//!
//! May use: prost and tonic. Must never live here: anything that is not generated.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]

/// The contract's file descriptor set, for reflection and for tests that walk over every RPC.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

pub mod clouddisk {
    tonic::include_proto!("clouddisk");
}
pub mod flavor {
    tonic::include_proto!("flavor");
}
pub mod image {
    tonic::include_proto!("image");
}
pub mod instance {
    tonic::include_proto!("instance");
}
pub mod journal {
    tonic::include_proto!("patchbay.journal.v1");
}
pub mod nasdisk {
    tonic::include_proto!("nasdisk");
}
pub mod operation {
    tonic::include_proto!("patchbay.operation.v1");
}
pub mod oss {
    tonic::include_proto!("oss");
}
pub mod plugin {
    tonic::include_proto!("patchbay.plugin.v1");
}
pub mod route {
    tonic::include_proto!("route");
}
pub mod securitygroup {
    tonic::include_proto!("securitygroup");
}
pub mod tenant {
    tonic::include_proto!("tenant");
}
pub mod tenant_admin {
    tonic::include_proto!("patchbay.tenant.v1");
}
pub mod vpc {
    tonic::include_proto!("vpc");
}
