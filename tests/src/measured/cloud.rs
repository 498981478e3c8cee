//! The simulated cloud, in a process of its own, as its administrator sees it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use cloudsim::ADMIN_PASSWORD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::process::Command;

use super::process::{Process, Says, echo};

/// The user as whom the native handler calls the cloud, and its password.
const MEMBER: &str = "native";

/// A running cloud.
pub struct Cloud {
    process: Process,
    url: String,
    client: Client,
}

/// A login: a token, and where the services are.
pub struct Session {
    /// For `X-Auth-Token`.
    pub token: String,
    catalogue: Value,
}

impl Cloud {
    /// Starts one, with these arguments.
    ///
    /// # Errors
    /// If it does not become ready.
    pub async fn start(binary: &Path, arguments: &[&str]) -> Result<Self> {
        let ready = |line: &str| line.strip_prefix("ready ").map(str::to_owned);
        let mut command = Command::new(binary);
        let (process, url) =
            Process::start("the cloud", command.args(arguments), Says::Stdout, ready, echo).await?;
        let client = Client::builder().no_proxy().build()?;
        Ok(Self { process, url, client })
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it ended with an error.
    pub async fn stop(self) -> Result<()> {
        self.process.stop().await
    }

    /// Keystone's address.
    pub fn auth_url(&self) -> String {
        format!("{}/identity/v3", self.url)
    }

    /// The administrator, in its own project.
    ///
    /// # Errors
    /// If the cloud refuses.
    pub async fn admin(&self) -> Result<Session> {
        let project = json!({"name": "admin", "domain": {"id": "default"}});
        self.login("admin", ADMIN_PASSWORD, &project).await
    }

    /// The id of the network that every project may use.
    ///
    /// # Errors
    /// If there is none.
    pub async fn network(&self) -> Result<String> {
        let admin = self.admin().await?;
        let url = format!("{}/v2.0/networks?name=provider", admin.endpoint("network")?);
        self.id_of(&admin, &url, "networks").await
    }

    /// A user with the rights of the tenant's own in the tenant's project: nobody but the host knows that one's password.
    ///
    /// # Errors
    /// If the cloud refuses.
    pub async fn member(&self, tenant_id: &str) -> Result<Session> {
        let admin = self.admin().await?;
        let keystone = self.auth_url();
        let project =
            self.id_of(&admin, &format!("{keystone}/projects?name={tenant_id}"), "projects").await?;
        let role = self.id_of(&admin, &format!("{keystone}/roles?name=member"), "roles").await?;
        let user = json!({"user": {"name": MEMBER, "domain_id": "default", "password": MEMBER}});
        let made = self.ask(&admin, Method::POST, &format!("{keystone}/users"), &user).await?;
        let user = text(&made["user"]["id"])?;
        let grant = format!("{keystone}/projects/{project}/users/{user}/roles/{role}");
        self.ask(&admin, Method::PUT, &grant, &Value::Null).await?;
        self.login(MEMBER, MEMBER, &json!({"id": project})).await
    }

    async fn login(&self, name: &str, password: &str, project: &Value) -> Result<Session> {
        let user = json!({"name": name, "domain": {"id": "default"}, "password": password});
        let auth = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }});
        let url = format!("{}/auth/tokens", self.auth_url());
        let answer = self.client.post(url).json(&auth).send().await?.error_for_status()?;
        let token = answer.headers().get("x-subject-token").context("no token")?.to_str()?.to_owned();
        let catalogue = answer.json::<Value>().await?["token"]["catalog"].take();
        Ok(Session { token, catalogue })
    }

    async fn id_of(&self, session: &Session, url: &str, list: &str) -> Result<String> {
        let found = self.ask(session, Method::GET, url, &Value::Null).await?;
        text(&found[list][0]["id"]).with_context(|| url.to_owned())
    }

    async fn ask(&self, session: &Session, method: Method, url: &str, body: &Value) -> Result<Value> {
        let mut request = self.client.request(method, url).header("x-auth-token", &session.token);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "{url}: {}", answer.status());
        let body = answer.bytes().await?;
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? })
    }
}

impl Session {
    /// A service's public address.
    ///
    /// # Errors
    /// If the catalogue does not have it.
    pub fn endpoint(&self, kind: &str) -> Result<String> {
        let services = self.catalogue.as_array().context("no catalogue")?;
        let service = services.iter().find(|service| service["type"] == kind);
        let endpoints = service.and_then(|service| service["endpoints"].as_array());
        let endpoint = endpoints.and_then(|all| all.iter().find(|one| one["interface"] == "public"));
        text(&endpoint.with_context(|| format!("the catalogue has no {kind}"))?["url"])
    }
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("an answer of the cloud lacks what was asked for")
}
