//! The OpenStack behind a deployment: `cloudsim` in this process, or with `PATCHBAY_TEST_REAL=1` the real one
//! that the usual `OS_*` variables name. What is asked of it is in `admin`.

use std::env;

use cloudsim::{ADMIN_PASSWORD, Cloudsim, Control, Options, REGION};

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
    simulated: Option<Cloudsim>,
}

/// Whether the tests run on the real OpenStack.
#[must_use]
pub fn is_real() -> bool {
    env::var("PATCHBAY_TEST_REAL").is_ok_and(|real| real == "1")
}

/// Ends the test here, by name and with the reason, where the cloud is the real one.
#[macro_export]
macro_rules! needs_cloudsim {
    () => {
        if $crate::cloud::is_real() {
            let test = std::thread::current().name().unwrap_or_default().to_owned();
            eprintln!("{test}: skipped on the real OpenStack, it needs cloudsim's control");
            return;
        }
    };
}

impl Cloud {
    /// The real one where that is wanted, otherwise a new simulated one.
    ///
    /// # Panics
    /// A variable is missing, or no port is free.
    pub async fn open(options: Options) -> Self {
        if is_real() { Self::real() } else { Self::simulated(options).await }
    }

    fn real() -> Self {
        let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Self {
            auth_url: variable("OS_AUTH_URL"),
            region: variable("OS_REGION_NAME"),
            username: variable("OS_USERNAME"),
            password: variable("OS_PASSWORD"),
            project: variable("OS_PROJECT_NAME"),
            simulated: None,
        }
    }

    async fn simulated(options: Options) -> Self {
        let cloud = Cloudsim::start(options).await.expect("a free port");
        Self {
            auth_url: cloud.auth_url(),
            region: REGION.to_owned(),
            username: "admin".to_owned(),
            password: ADMIN_PASSWORD.to_owned(),
            project: "admin".to_owned(),
            simulated: Some(cloud),
        }
    }

    /// What changes the simulated cloud and looks into it; `None` for the real one.
    #[must_use]
    pub fn control(&self) -> Option<&Control> {
        self.simulated.as_ref().map(Cloudsim::control)
    }

    /// Closes the simulated cloud's port; the real one goes on.
    pub async fn stop(&mut self) {
        if let Some(cloud) = self.simulated.take() {
            cloud.stop().await;
        }
    }
}
