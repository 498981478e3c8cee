//! The wire contract as generated from `proto/`; nothing is written by hand here.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]

pub mod clouddisk {
    tonic::include_proto!("clouddisk");
}
pub mod flavor {
    tonic::include_proto!("flavor");
}
pub mod image {
    tonic::include_proto!("image");
}
pub mod tenant {
    tonic::include_proto!("tenant");
}
