//! How a command reaches a running host: its address, the operator's credential, and what a refusal reads like.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use patchbay_core::text::escaped;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::service::Interceptor;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::tls::TlsArgs;

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Response metadata worth a line.
const METADATA: [&str; 2] = ["x-request-id", "x-operation-id"];

/// Where a host is, and who asks.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// The host's gRPC address; `https://…` where it speaks TLS.
    #[arg(long, global = true, env = "PATCHBAY_GRPC", default_value = "http://127.0.0.1:7000")]
    endpoint: String,
    /// The operator's credential, sent as `authorization: Bearer`.
    #[arg(long, global = true, env = "PATCHBAY_OPERATOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    tls: TlsArgs,
}

impl Target {
    /// Connects. Fails where nothing answers there.
    pub(crate) async fn connect(&self) -> Result<Channel> {
        let endpoint = self.tls.url(&self.endpoint)?;
        let mut target = Endpoint::from_shared(endpoint.clone())
            .with_context(|| format!("{endpoint} is not an address such as http://127.0.0.1:7000"))?;
        if let Some(tls) = self.tls.of(&endpoint)? {
            target = target.tls_config(tls).context("--ca, --certificate, --key")?;
        }
        let connected = target.connect_timeout(CONNECT_MAX).tcp_nodelay(true).connect().await;
        connected.with_context(|| match endpoint.starts_with("https://") {
            true => format!(
                "no host is reached over TLS at {endpoint} (--endpoint, --ca, --server-name, --certificate)"
            ),
            false => format!("no host answers at {endpoint}; is it running? (--endpoint, PATCHBAY_GRPC)"),
        })
    }

    /// The client of a service, as the operator calls it.
    pub(crate) async fn client<C>(&self, of: impl FnOnce(Channel, Bearer) -> C) -> Result<C> {
        Ok(of(self.connect().await?, self.bearer()?))
    }

    /// The operator's credential, or nothing where there is none.
    pub(crate) fn bearer(&self) -> Result<Bearer> {
        let value = self.token.as_ref().map(|token| AsciiMetadataValue::try_from(format!("Bearer {token}")));
        value.transpose().map(Bearer).context("the operator's token is not printable ASCII")
    }
}

/// Signs requests as the operator's.
#[derive(Clone)]
pub(crate) struct Bearer(Option<AsciiMetadataValue>);

impl Bearer {
    /// Adds the credential.
    pub(crate) fn sign<T>(&self, request: &mut Request<T>) {
        if let Some(value) = &self.0 {
            request.metadata_mut().append("authorization", value.clone());
        }
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        self.sign(&mut request);
        Ok(request)
    }
}

/// The ids go where they do not mix with the answer.
pub(crate) fn note(metadata: &MetadataMap) {
    let mut err = std::io::stderr();
    for name in METADATA {
        if let Some(value) = metadata.get(name).and_then(|value| value.to_str().ok()) {
            // Nobody is left to be told that standard error is closed.
            drop(writeln!(err, "{name}: {value}"));
        }
    }
}

/// A status other than OK, for people.
pub(crate) fn refused(status: &Status) -> anyhow::Error {
    note(status.metadata());
    let (code, told) = (status.code(), escaped(status.message()));
    anyhow::anyhow!("the host answered {code:?} ({}): {told}", code as i32)
}
