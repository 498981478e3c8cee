//! Ceph's object gateway (RGW): one zone a region, with S3 in `s3` and the Admin Ops API in `admin`, as 16.2 was seen
//! to answer. Here is what a zone keeps, and which API a path belongs to.

mod switch;

use std::net::SocketAddr;

use jiff::Timestamp;

pub(crate) use self::switch::{Switch, serve};
use crate::call::{Answer, Call};
use crate::control::Resource;
use crate::service::Service;

/// The regions, and the names that their gateways have for faults and in the record.
pub(crate) const REGIONS: [&str; 2] = ["region-1", "region-2"];
pub(crate) const SERVICES: [Service; 2] = [Service::Rgw1, Service::Rgw2];

/// An object gateway, and the key of its administrator.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// `http://127.0.0.1:PORT`; buckets are below it, and `/admin`.
    pub endpoint: String,
    /// `region-1` or `region-2`.
    pub region: String,
    /// The public half of the administrator's key.
    pub access_key: String,
    /// The secret half.
    pub secret_key: String,
}

impl Gateway {
    pub(crate) fn both(addresses: [SocketAddr; 2]) -> [Self; 2] {
        [0, 1].map(|number| {
            let region = REGIONS[number];
            let (access_key, secret_key) = admin_key(region);
            Self {
                endpoint: format!("http://{}", addresses[number]),
                region: region.to_owned(),
                access_key,
                secret_key,
            }
        })
    }
}

/// Each region has its own, which the other does not know.
fn admin_key(region: &str) -> (String, String) {
    (format!("admin-{region}"), format!("admin-secret-{region}"))
}

/// What one gateway keeps.
pub(crate) struct Zone {
    region: &'static str,
}

impl Zone {
    pub(crate) fn both(_now: Timestamp) -> [Self; 2] {
        REGIONS.map(|region| Self { region })
    }

    /// What clients have made, for the control handle.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        Vec::new()
    }
}

pub(crate) fn answer(zone: &mut Zone, _now: Timestamp, call: &Call) -> Answer {
    let host = format!("cloudsim-{}", zone.region);
    let body = format!("<Error><Code>NoSuchBucket</Code><HostId>{host}</HostId></Error>");
    Answer::text(404, "application/xml", body).with("x-amz-request-id", &call.request_id)
}
