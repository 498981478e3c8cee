//! The OpenStack and the two Ceph gateways behind a deployment: `cloudsim` in this process, or with
//! `PATCHBAY_TEST_REAL=1` the real ones that the usual `OS_*` variables and `RGW1_*`, `RGW2_*` name. A storage array
//! is always cloudsim's. What is asked of them is in `admin`.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;

use cloudsim::{ADMIN_PASSWORD, Cloudsim, Control, Gateway, Options, REGION};

/// The cloud and its administrator.
pub struct Cloud {
    /// Where one logs in.
    pub auth_url: String,
    /// The region.
    pub region: String,
    /// The administrator.
    pub username: String,
    /// The administrator's password.
    pub password: String,
    /// The administrator's project.
    pub project: String,
    /// The object gateways: of the region, and of [`SECOND_REGION`].
    pub gateways: [Gateway; 2],
    /// Where the storage array of [`SECOND_REGION`] is, `http://127.0.0.1:PORT/ontap`.
    pub array: String,
    /// The simulated cloud; on the real one only its storage array serves.
    simulated: Option<Cloudsim>,
    /// Changes it and looks into it.
    control: Control,
}

/// Where object storage and shares are served by other backends than in the cloud's own region.
pub const SECOND_REGION: &str = "RegionTwo";

/// Whether the tests run on the real OpenStack.
#[must_use]
pub fn is_real() -> bool {
    env::var("PATCHBAY_TEST_REAL").is_ok_and(|real| real == "1")
}

/// Ends the test here where the cloud is the real one. Whoever runs the tests counts it as ignored, see [`ignored`].
#[macro_export]
macro_rules! needs_cloudsim {
    () => {
        if $crate::cloud::is_real() {
            $crate::cloud::ignored("needs cloudsim's control");
            return;
        }
    };
}

/// Tells by whom and why the test of this thread is not carried out: a line `BINARY::TEST: REASON` in the file that
/// `PATCHBAY_TEST_IGNORED` names, where that is set. To libtest it has passed.
///
/// # Panics
/// If the file cannot be written.
pub fn ignored(reason: &str) {
    let Ok(file) = env::var("PATCHBAY_TEST_IGNORED") else { return };
    let program = env::current_exe().expect("a program");
    let program = program.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    // Cargo's own mark of the build comes last.
    let binary = program.rsplit_once('-').map_or(program, |(name, _)| name);
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a file");
    file.write_all(format!("{binary}::{test}: {reason}\n").as_bytes()).expect("room for a line");
}

impl Cloud {
    /// The real one where that is wanted, otherwise a new simulated one.
    ///
    /// # Panics
    /// If a variable is missing, or no port is free.
    pub async fn open(options: Options) -> Self {
        let simulated = Cloudsim::start(options).await.expect("a free port");
        if is_real() { Self::real(simulated) } else { Self::simulated(simulated) }
    }

    fn real(simulated: Cloudsim) -> Self {
        Self {
            auth_url: variable("OS_AUTH_URL"),
            region: variable("OS_REGION_NAME"),
            username: variable("OS_USERNAME"),
            password: variable("OS_PASSWORD"),
            project: variable("OS_PROJECT_NAME"),
            gateways: ["RGW1", "RGW2"].map(gateway),
            array: array(&simulated),
            control: simulated.control().clone(),
            simulated: Some(simulated),
        }
    }

    fn simulated(simulated: Cloudsim) -> Self {
        Self {
            auth_url: simulated.auth_url(),
            region: REGION.to_owned(),
            username: "admin".to_owned(),
            password: ADMIN_PASSWORD.to_owned(),
            project: "admin".to_owned(),
            gateways: simulated.gateways().clone(),
            array: array(&simulated),
            control: simulated.control().clone(),
            simulated: Some(simulated),
        }
    }

    /// The same for one more installation on it. It goes when the first one's does.
    #[must_use]
    pub fn shared(&self) -> Self {
        let text = |text: &String| text.clone();
        Self {
            auth_url: text(&self.auth_url),
            region: text(&self.region),
            username: text(&self.username),
            password: text(&self.password),
            project: text(&self.project),
            gateways: self.gateways.clone(),
            array: text(&self.array),
            control: self.control.clone(),
            simulated: None,
        }
    }

    /// What changes the simulated cloud and looks into it; `None` for the real one.
    #[must_use]
    pub fn control(&self) -> Option<&Control> {
        (!is_real()).then_some(&self.control)
    }

    /// What changes the simulated storage array and looks into it, on either cloud.
    #[must_use]
    pub fn array_control(&self) -> &Control {
        &self.control
    }

    /// Closes the simulated cloud's port; the real one goes on.
    pub async fn stop(&mut self) {
        if let Some(cloud) = self.simulated.take() {
            cloud.stop().await;
        }
    }
}

fn array(simulated: &Cloudsim) -> String {
    format!("{}/ontap", simulated.url())
}

/// The gateway that the rig's variables name.
fn gateway(prefix: &str) -> Gateway {
    let variable = |name: &str| variable(&format!("{prefix}_{name}"));
    Gateway {
        endpoint: variable("ENDPOINT"),
        region: variable("REGION"),
        access_key: variable("ACCESS_KEY"),
        secret_key: variable("SECRET_KEY"),
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
