//! Certificates for `cargo xtask up --tls`, made on the spot by the program `openssl`: an authority, and the host's, which
//! that one issues. A crate for it would be built before anything else is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::process;

/// How long they last; each start makes new ones.
const DAYS: &str = "30";
/// A key that everybody's TLS knows, and that is made in no time.
const CURVE: &str = "ec_paramgen_curve:prime256v1";
/// Where the host of `cargo xtask up` is.
const NAMES: &str = "subjectAltName=DNS:localhost,IP:127.0.0.1";

/// The files, in PEM.
pub(crate) struct Certificates {
    /// Whom a client trusts.
    pub(crate) authority: PathBuf,
    /// What the host shows.
    pub(crate) certificate: PathBuf,
    /// The key of that.
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// Makes all of them in a directory, in the place of those that are there.
    pub(crate) fn make(directory: &Path) -> Result<Self> {
        let file = |name: &str| directory.join(name);
        let (authority, authority_key) = (file("ca.pem"), file("ca.key"));
        let (certificate, key) = (file("host.pem"), file("host.key"));
        let authority_is = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"];
        run(request(&authority, &authority_key, "/CN=Patchbay development", &authority_is))?;
        let host_is = ["basicConstraints=critical,CA:FALSE", NAMES];
        let mut host = request(&certificate, &key, "/CN=patchbay", &host_is);
        host.arg("-CA").arg(&authority).arg("-CAkey").arg(&authority_key);
        run(host)?;
        Ok(Self { authority, certificate, key })
    }
}

/// Asks for a key and a certificate of it.
fn request(certificate: &Path, key: &Path, subject: &str, extensions: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    // The system's own configuration would have its say in what is in a certificate.
    command.args(["req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt", CURVE, "-nodes"]);
    command.args(["-days", DAYS, "-subj", subject]).arg("-out").arg(certificate).arg("-keyout").arg(key);
    for extension in extensions {
        command.args(["-addext", extension]);
    }
    command
}

fn run(mut command: Command) -> Result<()> {
    process::run(command.stderr(Stdio::null()))
        .context("certificates are made with openssl 3 (Debian: openssl)")
}
