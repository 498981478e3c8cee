//! The cloud as its administrator sees it, through OpenStack's own API: what tests compare answers with.
//! The same requests on both clouds.

use std::collections::HashMap;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::Cloud;

/// A service's type in the catalogue, and what follows its URL.
const SERVICES: [(&str, &str); 6] = [
    ("identity", ""),
    ("compute", ""),
    ("image", "/v2"),
    ("block-storage", ""),
    ("network", "/v2.0"),
    ("shared-file-system", ""),
];

/// Manila's version, in a header that no other service reads.
const MANILA_VERSION: (&str, &str) = ("x-openstack-manila-api-version", "2.65");

/// A session of the administrator.
#[derive(Clone)]
pub struct Admin {
    http: Client,
    token: String,
    urls: HashMap<&'static str, String>,
}

/// What the cloud offers to every tenant.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The id of the flavor `m1.tiny`.
    pub flavor: String,
    /// The id of the flavor `m1.small`.
    pub larger: String,
    /// The id of an image that fits on a disk of 1 GiB.
    pub image: String,
    /// The id of the network `provider`.
    pub network: String,
}

impl Admin {
    /// Logs in.
    ///
    /// # Panics
    /// If the cloud refuses.
    pub async fn login(cloud: &Cloud) -> Self {
        // An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().expect("a client");
        let domain = json!({"id": "default"});
        let user = json!({"name": cloud.username, "domain": domain, "password": cloud.password});
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": cloud.project, "domain": domain}},
        }});
        let answer = http.post(format!("{}/auth/tokens", cloud.auth_url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201, "the administrator's login");
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let catalogue = body["token"]["catalog"].as_array().unwrap();
        let urls = SERVICES.map(|(kind, suffix)| (kind, public_url(catalogue, kind) + suffix));
        Self { http, token, urls: urls.into() }
    }

    /// What one request answers; `null` where there is no JSON. `path` is below the service's URL.
    ///
    /// # Panics
    /// If there is no answer, or the catalogue does not have the service.
    pub async fn ask(&self, method: Method, service: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.urls[service]);
        let mut request = self.http.request(method, url).header("x-auth-token", &self.token);
        request = request.header(MANILA_VERSION.0, MANILA_VERSION.1);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("the cloud answers").json().await.unwrap_or(Value::Null)
    }

    /// The entries of a list: `list("compute", "/servers?all_tenants=1", "servers")`.
    pub async fn list(&self, service: &str, path: &str, key: &str) -> Vec<Value> {
        let answer = self.ask(Method::GET, service, path, None).await;
        answer[key].as_array().unwrap_or_else(|| panic!("{service}{path} has no {key}: {answer}")).clone()
    }

    /// A project's servers, in full.
    pub async fn servers(&self, project: &str) -> Vec<Value> {
        let path = format!("/servers/detail?all_tenants=1&project_id={project}");
        let servers = self.list("compute", &path, "servers").await;
        servers.into_iter().filter(|server| server["tenant_id"] == project).collect()
    }

    /// A project's volumes, in full.
    pub async fn volumes(&self, project: &str) -> Vec<Value> {
        let path = format!("/volumes/detail?all_tenants=1&project_id={project}");
        let volumes = self.list("block-storage", &path, "volumes").await;
        volumes.into_iter().filter(|volume| volume["os-vol-tenant-attr:tenant_id"] == project).collect()
    }

    /// What of Neutron's is a project's own, in full; `kind` is the plural, as "security_groups".
    pub async fn owned(&self, kind: &str, project: &str) -> Vec<Value> {
        self.list("network", &format!("/{}?project_id={project}", kind.replace('_', "-")), kind).await
    }

    /// Lets a project have this many of Neutron's `kind`, as "security_group".
    ///
    /// # Panics
    /// If Neutron does not.
    pub async fn limit(&self, project: &str, kind: &str, count: usize) {
        let quota = Some(json!({"quota": {kind: count}}));
        let answer = self.ask(Method::PUT, "network", &format!("/quotas/{project}"), quota).await;
        assert_eq!(answer["quota"][kind], count, "{answer}");
    }

    /// Back to what every project may have of Neutron's; limits outlive their project.
    pub async fn unlimited(&self, project: &str) {
        self.ask(Method::DELETE, "network", &format!("/quotas/{project}"), None).await;
    }

    /// A project's shares, in full.
    pub async fn shares(&self, project: &str) -> Vec<Value> {
        let path = format!("/shares/detail?all_tenants=1&project_id={project}");
        let shares = self.list("shared-file-system", &path, "shares").await;
        shares.into_iter().filter(|share| share["project_id"] == project).collect()
    }

    /// A project's share networks.
    pub async fn share_networks(&self, project: &str) -> Vec<Value> {
        let path = format!("/share-networks/detail?all_tenants=1&project_id={project}");
        self.list("shared-file-system", &path, "share_networks").await
    }

    /// Every flavor that tenants see.
    pub async fn flavors(&self) -> Vec<Value> {
        self.list("compute", "/flavors/detail", "flavors").await
    }

    /// Every public image.
    pub async fn images(&self) -> Vec<Value> {
        self.list("image", "/images?visibility=public", "images").await
    }

    /// The domains, projects, users or roles that bear this name; `kind` is the plural.
    pub async fn named(&self, kind: &str, name: &str) -> Vec<Value> {
        self.list("identity", &format!("/{kind}?name={name}"), kind).await
    }

    /// The id of the tenant's project, which bears the tenant's id as its name.
    ///
    /// # Panics
    /// If there is not exactly one.
    pub async fn project(&self, tenant_id: &str) -> String {
        let found = self.named("projects", tenant_id).await;
        assert_eq!(found.len(), 1, "projects named {tenant_id}");
        text(&found[0]["id"])
    }

    /// What there is for an instance to be made of.
    pub async fn offer(&self) -> Offer {
        let flavors = self.flavors().await;
        let images = self.images().await;
        let small = images.iter().find(|image| image["min_disk"].as_u64() <= Some(1));
        let network = self.list("network", "/networks?name=provider", "networks").await;
        Offer {
            flavor: id_of(&flavors, "m1.tiny"),
            larger: id_of(&flavors, "m1.small"),
            image: text(&small.expect("a small image")["id"]),
            network: id_of(&network, "provider"),
        }
    }
}

fn id_of(entries: &[Value], name: &str) -> String {
    let found = entries.iter().find(|entry| entry["name"] == name);
    text(&found.unwrap_or_else(|| panic!("the cloud has no {name}"))["id"])
}

/// A JSON text as it is.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn public_url(catalogue: &[Value], kind: &str) -> String {
    let service = catalogue.iter().find(|service| service["type"] == kind).expect(kind);
    let mut endpoints = service["endpoints"].as_array().unwrap().iter();
    let public = endpoints.find(|endpoint| endpoint["interface"] == "public").expect("a public endpoint");
    public["url"].as_str().unwrap().trim_end_matches('/').to_owned()
}
