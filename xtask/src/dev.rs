//! What `cargo xtask up` keeps in `<target>/dev`: the host's configuration, its secrets, and the
//! variables for a shell. Starting and stopping is in `up`, on which ports in `ports`.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::certificates::Certificates;
use crate::cloud::{Cloud, Kind};
use crate::openstack;
use crate::ports::{GRPC, HTTP, SIMULATOR};
use crate::workspace::Workspace;

/// The network that both clouds have for every project.
const NETWORK: &str = "provider";
/// Bytes of the master key, as the host wants it, and of the operator token.
const SECRET_BYTES: usize = 32;

/// The backends and routes, with words between two `@` to be filled in.
const BACKENDS: &str =
    concat!(include_str!("../templates/openstack.toml"), include_str!("../templates/ceph.toml"));
const ONTAP: &str = include_str!("../templates/ontap.toml");

/// The directory, filled.
pub(crate) struct Dev {
    directory: PathBuf,
    cloud: Cloud,
    operator_token: String,
    /// Where the host speaks TLS.
    certificates: Option<Certificates>,
}

impl Dev {
    /// Writes everything but the variables for a shell. Key and token are kept from run to run.
    ///
    /// The simulator forgets at its end; so its host begins with an empty database, or it would know
    /// tenants that the cloud does not.
    pub(crate) fn prepare(workspace: &Workspace, cloud: Cloud, tls: bool) -> Result<Self> {
        let directory = workspace.target.join("dev");
        make_private(&directory).with_context(|| format!("{} cannot be made", directory.display()))?;
        kept(&directory.join("master.key"), |bytes| STANDARD.encode(bytes))?;
        let operator_token = kept(&directory.join("operator.token"), |bytes| URL_SAFE_NO_PAD.encode(bytes))?;
        let certificates = tls.then(|| Certificates::make(&directory)).transpose()?;
        let dev = Self { directory, cloud, operator_token, certificates };
        if dev.simulated() {
            dev.forget_tenants()?;
        }
        write(&dev.config(), &dev.configuration(workspace))?;
        Ok(dev)
    }

    /// Writes the variables for a shell. The cloud must be up: it names its network.
    pub(crate) fn write_environment(&self, workspace: &Workspace) -> Result<()> {
        let network = openstack::network_id(&self.cloud, NETWORK).context("the cloud's network")?;
        write(&self.environment_file(), &self.environment(workspace, &network))
    }

    /// Whether the cloud is the simulator.
    pub(crate) fn simulated(&self) -> bool {
        matches!(self.cloud.kind, Kind::Simulated)
    }

    /// The host's configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.directory.join("patchbay.toml")
    }

    /// The variables in which the host finds its secrets.
    pub(crate) fn secrets(&self) -> [(&str, &str); 7] {
        let [one, two] = &self.cloud.gateways;
        [
            ("PATCHBAY_OPERATOR_TOKEN", &self.operator_token),
            ("OS_PASSWORD", &self.cloud.password),
            ("ARRAY_PASSWORD", self.cloud.array.as_ref().map_or("", |array| array.password)),
            ("RGW1_ACCESS_KEY", &one.access_key),
            ("RGW1_SECRET_KEY", &one.secret_key),
            ("RGW2_ACCESS_KEY", &two.access_key),
            ("RGW2_SECRET_KEY", &two.secret_key),
        ]
    }

    /// What to print when all is ready.
    pub(crate) fn invitation(&self) -> String {
        format!(
            r#"ready

In another shell:
    . {env}
    set -- $(patchbay call TenantService/CreateTenant '{{"tenant_name":"demo"}}' --get tenant_id --get apikey)
    patchbay call FlavorService/ListFlavors '{{"tenant_id":"'$1'","apikey":"'$2'"}}'

README.md goes on from there to an instance on $PATCHBAY_NETWORK. Ctrl-C stops everything."#,
            env = self.environment_file().display(),
        )
    }

    fn environment_file(&self) -> PathBuf {
        self.directory.join("env")
    }

    fn database(&self) -> PathBuf {
        self.directory.join(self.cloud.kind.name()).with_extension("db")
    }

    fn forget_tenants(&self) -> Result<()> {
        for suffix in ["", "-wal", "-shm"] {
            let mut file = self.database().into_os_string();
            file.push(suffix);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("{} cannot be removed", file.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn environment(&self, workspace: &Workspace, network: &str) -> String {
        let cloudsim = self.simulated().then(|| format!("export CLOUDSIM='http://{SIMULATOR}'\n"));
        let (scheme, authority) = match &self.certificates {
            Some(made) => ("https", format!("export PATCHBAY_CA='{}'\n", made.authority.display())),
            None => ("http", "unset PATCHBAY_CA\n".to_owned()),
        };
        format!(
            "export PATCHBAY_GRPC='{scheme}://{GRPC}'\n\
             {authority}\
             export PATCHBAY_HTTP='http://{HTTP}'\n\
             export PATCHBAY_OPERATOR_TOKEN='{token}'\n\
             export PATCHBAY_NETWORK='{network}'\n\
             {cloudsim}\
             export PATH='{binaries}':\"$PATH\"\n",
            token = self.operator_token,
            cloudsim = cloudsim.unwrap_or_default(),
            binaries = workspace.target.join("debug").display(),
        )
    }

    /// The host's TLS, where it has any.
    fn tls(&self) -> String {
        self.certificates.as_ref().map_or_else(String::new, |made| {
            let (certificate, key) = (made.certificate.display(), made.key.display());
            format!("tls = {{ certificate_file = \"{certificate}\", key_file = \"{key}\" }}\n")
        })
    }

    /// The storage array's part, where there is one.
    fn array(&self) -> String {
        self.cloud.array.as_ref().map_or_else(String::new, |array| {
            ONTAP
                .replace("@array@", &array.url)
                .replace("@array_username@", array.username)
                .replace("@svm@", array.svm)
                .replace("@aggregate@", array.aggregate)
        })
    }

    fn configuration(&self, workspace: &Workspace) -> String {
        let Cloud { auth_url, region, username, project, gateways: [one, two], .. } = &self.cloud;
        let backends = BACKENDS
            .replace("@auth_url@", auth_url)
            .replace("@region@", region)
            .replace("@username@", username)
            .replace("@project@", project)
            .replace("@endpoint_1@", &one.endpoint)
            .replace("@zonegroup_1@", &one.zonegroup)
            .replace("@endpoint_2@", &two.endpoint)
            .replace("@zonegroup_2@", &two.zonegroup);
        format!(
            r#"# Written by `cargo xtask up`, anew each time.
[grpc]
listen = "{GRPC}"
{tls}
[http]
listen = "{HTTP}"

[database]
url = "sqlite:{database}"

[auth]
master_key = {{ file = "{key}" }}
operator_token = {{ env = "PATCHBAY_OPERATOR_TOKEN" }}

[plugin]
directory = "{plugins}"
cache_directory = "{cache}"

{backends}{array}"#,
            tls = self.tls(),
            array = self.array(),
            database = self.database().display(),
            key = self.directory.join("master.key").display(),
            plugins = workspace.plugin_directory().display(),
            cache = workspace.target.join("aot").display(),
        )
    }
}

fn make_private(directory: &Path) -> std::io::Result<()> {
    fs::create_dir_all(directory)?;
    fs::set_permissions(directory, Permissions::from_mode(0o700))
}

/// For its owner only, also where the file is there already: nearly every file here holds a secret.
fn write(file: &Path, text: &str) -> Result<()> {
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    opened
        .and_then(|mut opened| {
            opened.set_permissions(Permissions::from_mode(0o600))?;
            opened.write_all(text.as_bytes())
        })
        .with_context(|| format!("{} cannot be written", file.display()))
}

/// A secret that is made once: random bytes as text.
fn kept(file: &Path, encode: impl Fn([u8; SECRET_BYTES]) -> String) -> Result<String> {
    if let Ok(text) = fs::read_to_string(file) {
        return Ok(text.trim().to_owned());
    }
    let mut bytes = [0; SECRET_BYTES];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let text = encode(bytes);
    write(file, &format!("{text}\n"))?;
    Ok(text)
}
