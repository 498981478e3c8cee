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
    /// What it does to the resource that it is about.
    pub effect: Effect,
    /// Whether it may change anything; what does not is called `Get…`, `List…`, `Watch…` or `RecoverKey`.
    pub changes: bool,
    /// Whether its service makes resources, each of them in some region; flavors and images are made by nobody here.
    pub makes: bool,
}

/// What an RPC does to the resource that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Makes it: a standard method `Create`.
    Creates,
    /// Removes it: a standard method `Delete`, whose response tells when.
    Deletes,
    /// Looks at it, or changes it.
    Other,
}

impl Rpc {
    /// The RPC of an HTTP path, as "/instance.InstanceService/GetInstance".
    #[must_use]
    pub fn of_path(path: &str) -> Option<&'static Self> {
        Self::of(path.strip_prefix('/')?)
    }

    /// The RPC of that path, as "instance.InstanceService/GetInstance".
    #[must_use]
    pub fn of(path: &str) -> Option<&'static Self> {
        RPCS.iter().find(|rpc| rpc.path == path)
    }
}

/// A request, as the log sees it.
pub trait Request {
    /// The tenant that it says it comes from; unchecked, and empty where the request has no such field.
    fn tenant_id(&self) -> &str {
        ""
    }

    /// What an operator's request is about, as "name=value", without secrets; of tenants' there is [`Keyed::resources`].
    fn named(&self) -> Vec<String> {
        Vec::new()
    }

    /// How many bytes it is, unpacked; 0 where it comes piece by piece.
    fn bytes(&self) -> usize {
        0
    }
}

/// Whether a field is sent at all.
fn is_set<T: Default + PartialEq>(value: &T) -> bool {
    *value != T::default()
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
