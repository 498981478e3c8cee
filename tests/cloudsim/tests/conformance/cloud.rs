//! The cloud that the suite talks to, and logins. What is asked of it is in the tables.

use std::collections::HashMap;
use std::env;

use cloudsim::{ADMIN_PASSWORD, Cloudsim, Options};
use reqwest::Client;
use serde_json::{Value, json};

/// A service by the names it may have in a catalogue, and what follows its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Api {
    Identity,
    Compute,
    Image,
    Volume,
    Network,
    Share,
}

impl Api {
    const ALL: [Self; 6] =
        [Self::Identity, Self::Compute, Self::Image, Self::Volume, Self::Network, Self::Share];

    fn catalogue_type(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Compute => "compute",
            Self::Image => "image",
            Self::Volume => "block-storage",
            Self::Network => "network",
            Self::Share => "shared-file-system",
        }
    }

    /// The header that says the version; most services share one.
    pub(crate) fn version_header(self) -> &'static str {
        match self {
            Self::Share => "x-openstack-manila-api-version",
            _ => "openstack-api-version",
        }
    }

    fn version_path(self) -> &'static str {
        match self {
            Self::Image => "/v2",
            Self::Network => "/v2.0",
            _ => "",
        }
    }
}

/// Where the suite runs.
pub(crate) struct Cloud {
    pub(crate) http: Client,
    pub(crate) auth_url: String,
    user: String,
    password: String,
    project: String,
    /// Ends with the test.
    _simulated: Option<Cloudsim>,
}

/// Who has logged in, and where everything is.
#[derive(Clone, Default)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) project_id: String,
    endpoints: HashMap<Api, String>,
}

impl Session {
    /// The URL of a path below a service's own URL.
    pub(crate) fn url(&self, api: Api, path: &str) -> String {
        format!("{}{}{path}", self.endpoints.get(&api).expect("in the catalogue"), api.version_path())
    }
}

impl Cloud {
    pub(crate) async fn open() -> Self {
        // The second test of a process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().expect("a client");
        if env::var("PATCHBAY_TEST_REAL").is_ok_and(|real| real == "1") {
            let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
            return Self {
                http,
                auth_url: variable("OS_AUTH_URL"),
                user: variable("OS_USERNAME"),
                password: variable("OS_PASSWORD"),
                project: variable("OS_PROJECT_NAME"),
                _simulated: None,
            };
        }
        let cloud = Cloudsim::start(Options::default()).await.expect("a free port");
        Self {
            http,
            auth_url: cloud.auth_url(),
            user: "admin".to_owned(),
            password: ADMIN_PASSWORD.to_owned(),
            project: "admin".to_owned(),
            _simulated: Some(cloud),
        }
    }

    pub(crate) async fn admin(&self) -> Session {
        let domain = json!({"id": "default"});
        let user = json!({"name": self.user, "domain": domain, "password": self.password});
        self.login(&user, &json!({"project": {"name": self.project, "domain": domain}})).await
    }

    pub(crate) async fn login(&self, user: &Value, scope: &Value) -> Session {
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let answer = self.http.post(format!("{}/auth/tokens", self.auth_url)).json(&body).send().await;
        let answer = answer.expect("Keystone answers");
        assert_eq!(answer.status(), 201, "a login");
        let token = answer.headers()["x-subject-token"].to_str().expect("text").to_owned();
        let body: Value = answer.json().await.expect("a token");
        let catalogue = body["token"]["catalog"].as_array().expect("a catalogue");
        let endpoints = Api::ALL.map(|api| (api, public_url(catalogue, api.catalogue_type())));
        let project_id = body["token"]["project"]["id"].as_str().unwrap_or_default().to_owned();
        Session { token, project_id, endpoints: endpoints.into() }
    }
}

fn public_url(catalogue: &[Value], kind: &str) -> String {
    let service = catalogue.iter().find(|service| service["type"] == kind).expect("in the catalogue");
    let mut endpoints = service["endpoints"].as_array().expect("endpoints").iter();
    let public = endpoints.find(|endpoint| endpoint["interface"] == "public").expect("a public one");
    public["url"].as_str().expect("text").trim_end_matches('/').to_owned()
}
