//! What every answer of a gateway carries: the request's id and the gateway's own name.

use jiff::Timestamp;
use uuid::Uuid;

/// Of one request.
pub(super) struct Trace {
    /// "tx000008bd5574f975b4674-006b048bb6-1027-region-1-a"
    pub(super) request_id: String,
    /// "1027-region-1-a-region-1"
    pub(super) host_id: String,
}

impl Trace {
    pub(super) fn new(region: &str, now: Timestamp) -> Self {
        let random = Uuid::new_v4().simple().to_string();
        let host = format!("1027-{region}-a");
        Self {
            request_id: format!("tx{}-{:010x}-{host}", &random[..21], now.as_second()),
            host_id: format!("{host}-{region}"),
        }
    }
}
