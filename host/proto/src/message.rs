//! What the host asks of every message of the contract, whatever its service. The implementations are written by `build.rs`
//! from the contract, so that none can be forgotten.

/// One RPC of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpc {
    /// As "instance.InstanceService".
    pub service: &'static str,
    /// As "GetInstance".
    pub method: &'static str,
    /// Both, as "instance.InstanceService/GetInstance".
    pub path: &'static str,
}

impl Rpc {
    /// The RPC of an HTTP path, as "/instance.InstanceService/GetInstance".
    #[must_use]
    pub fn of_path(path: &str) -> Option<&'static Self> {
        let path = path.strip_prefix('/')?;
        RPCS.iter().find(|rpc| rpc.path == path)
    }
}

/// A request, as the log sees it.
pub trait Request {
    /// The tenant that it says it comes from; unchecked, and empty where the request has no such field.
    fn tenant_id(&self) -> &str {
        ""
    }
}

impl<T> Request for tonic::Streaming<T> {}

/// A request that carries an api key.
pub trait Keyed: Request {
    /// The key; unchecked.
    fn apikey(&self) -> &str;
    /// The platform's user; unchecked.
    fn platform_userid(&self) -> &str;
    /// Every resource id that it names; empty ones are left out.
    fn resources(&self) -> Vec<&str>;
    /// What it asks for, in bytes: its api key may be another the next time it is sent.
    fn without_apikey(&self) -> Vec<u8>;
}

/// A response of the platform's contract: all of them have `code` and `msg`.
pub trait Response: Default {
    /// The same with `code` and `msg` set.
    #[must_use]
    fn with_status(self, code: i32, msg: String) -> Self;
}

include!(concat!(env!("OUT_DIR"), "/messages.rs"));
