//! TLS of a port: the handshake of each connection, with whatever the configured files hold at that time.
//!
//! - `files`: the files, read and understood
//! - `reload`: what happens when a file changes
//!
//! Which port it is, and what is spoken once the handshake is over, is not known here.

mod files;
mod reload;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use patchbay_core::secret::warn_if_exposed;
use patchbay_telemetry::Metrics;
use patchbay_tenants::auth::Subject;
use rustls::ServerConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use self::files::Files;
use self::reload::Last;

/// `[grpc.tls]` and `[http.tls]`. All files are PEM, and are read anew when they change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The port's certificate, and after it those between it and its authority.
    pub certificate_file: PathBuf,
    /// The certificate's private key.
    pub key_file: PathBuf,
    /// Whether clients show a certificate of their own.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// The authorities by which clients' certificates are issued; needed where clients are asked for one.
    #[serde(default)]
    pub client_ca_file: Option<PathBuf>,
}

/// Whether clients show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They may; one that is shown must be good.
    Optional,
    /// Without a good one there is no connection.
    Required,
}

impl Config {
    /// What can be seen without the files; `owner` is the table in which this one is.
    ///
    /// # Errors
    /// Client certificates and their authorities are configured, one without the other.
    pub(crate) fn check(&self, owner: &str) -> anyhow::Result<()> {
        let asks = self.client_auth != ClientAuth::None;
        anyhow::ensure!(
            asks == self.client_ca_file.is_some(),
            "{owner}.tls.client_ca_file and a client_auth other than \"none\" need each other"
        );
        Ok(())
    }

    /// Reads the files and looks at all that is in them, dates included.
    ///
    /// # Errors
    /// What a reload would refuse.
    pub(crate) fn try_files(&self, owner: &str) -> anyhow::Result<()> {
        warn_if_exposed(&self.key_file);
        let read = || Files::read(self)?.understand(self, &[])?.check_dates();
        read().with_context(|| format!("{owner}.tls"))
    }
}

/// Refuses an address that others reach where nothing protects what is said there, unless the operator wants that.
///
/// # Errors
/// See above; the sentence says what can be done.
pub(crate) fn check(
    owner: &str,
    listen: SocketAddr,
    tls: Option<&Config>,
    insecure: bool,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        tls.is_some() || insecure || is_own(listen),
        "{owner}.listen is {listen}, which other machines reach, and without [{owner}.tls] everybody on the way reads \
         along; {owner}.insecure = true allows that"
    );
    tls.map_or(Ok(()), |tls| tls.check(owner))
}

/// Only this machine reaches it.
fn is_own(listen: SocketAddr) -> bool {
    listen.ip().to_canonical().is_loopback()
}

/// A connection on which the other side's bytes can be read.
pub(crate) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// How a port's connections are protected. Clones are the same.
#[derive(Clone)]
pub(crate) struct Security(Option<Arc<Tls>>);

impl Security {
    /// Reads the files, if there is TLS. Certificates that have ended or have not begun are told and served all the same: to
    /// start without the port would help nobody.
    ///
    /// # Errors
    /// A file that cannot be read, a key that is another certificate's, a chain that does not hold together.
    pub(crate) fn open(
        owner: &'static str,
        listen: SocketAddr,
        config: Option<Config>,
        protocol: &'static [u8],
        metrics: &Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let Some(config) = config else {
            if !is_own(listen) {
                tracing::warn!(
                    %listen,
                    "{owner} speaks without TLS: everybody on the way reads along ({owner}.insecure)"
                );
            }
            return Ok(Self(None));
        };
        Tls::open(owner, config, protocol, Arc::clone(metrics)).map(|tls| Self(Some(Arc::new(tls))))
    }

    /// The connection, as soon as its handshake is over. How long that may take is the caller's business.
    pub(crate) async fn secure(&self, tcp: TcpStream) -> io::Result<Stream> {
        let Some(tls) = &self.0 else { return Ok(Either::Left(tcp)) };
        let acceptor = TlsAcceptor::from(tls.serving.load_full());
        // In one place of its own: as a part of other futures it would be there several times.
        Box::pin(acceptor.accept(tcp)).await.map(|stream| Either::Right(Box::new(stream)))
    }

    /// Who the client is by the certificate that it has shown; `None` where it has shown none, or one without a name.
    pub(crate) fn subject(stream: &Stream) -> Option<Subject> {
        let Either::Right(stream) = stream else { return None };
        let shown = stream.get_ref().1.peer_certificates()?.first()?;
        Subject::of_certificate(shown).inspect_err(|error| tracing::debug!("{error:#}")).ok()
    }

    /// What looks at the files anew; `None` where there are none.
    pub(crate) fn watched(&self) -> Option<Arc<Tls>> {
        self.0.clone()
    }
}

/// The TLS of one port.
pub(crate) struct Tls {
    /// As the configuration calls the port.
    owner: &'static str,
    config: Config,
    /// What is spoken on it, as ALPN calls that (RFC 7301).
    protocol: &'static [u8],
    serving: ArcSwap<ServerConfig>,
    last: Mutex<Last>,
    metrics: Arc<Metrics>,
}

impl Tls {
    fn open(
        owner: &'static str,
        config: Config,
        protocol: &'static [u8],
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        warn_if_exposed(&config.key_file);
        let about = || format!("{owner}.tls");
        let files = Files::read(&config).with_context(about)?;
        let understood = files.understand(&config, &[protocol]).with_context(about)?;
        if let Err(error) = understood.check_dates() {
            tracing::error!("{owner}.tls: {error:#}; clients will refuse it");
        }
        tracing::info!("{owner} speaks TLS, with a certificate until {}", understood.end());
        understood.show(owner, &metrics);
        let last = Mutex::new(Last::applied(files.digest()));
        Ok(Self { owner, config, protocol, serving: ArcSwap::new(understood.server), last, metrics })
    }
}
