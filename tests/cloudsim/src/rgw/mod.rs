//! Ceph's object gateway (RGW): one zone a region, with S3 in `s3` and the Admin Ops API in `admin`, as 16.2 was seen
//! to answer. Here are the two gateways, and which API a path belongs to.

mod access;
mod acl;
mod admin;
mod bucket;
mod canonical;
mod policy;
mod quota;
mod refusal;
mod s3;
mod signature;
mod switch;
mod trace;
mod user;
mod xml;
mod zone;

use std::net::SocketAddr;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

pub(crate) use self::switch::{Switch, serve};
use self::trace::Trace;
pub(crate) use self::zone::Zone;
use crate::call::{Answer, Call};
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
            let (access_key, secret_key) = admin_key(REGIONS[number]);
            let endpoint = format!("http://{}", addresses[number]);
            Self { endpoint, region: REGIONS[number].to_owned(), access_key, secret_key }
        })
    }
}

/// Each region has its own, which the other does not know.
fn admin_key(region: &str) -> (String, String) {
    (format!("admin-{region}"), format!("admin-secret-{region}"))
}

pub(crate) fn answer(zone: &mut Zone, now: Timestamp, call: &Call) -> Answer {
    let now = now + zone.ahead;
    let trace = Trace::new(zone.region, now);
    let answer = match call.segments().split_first() {
        Some((&"admin", rest)) => {
            admin::answer(zone, now, call, rest).unwrap_or_else(|refusal| refusal.json(&trace))
        }
        _ => s3::answer(zone, now, call, &trace),
    };
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
    answer.with("x-amz-request-id", &trace.request_id).with("date", &date)
}
