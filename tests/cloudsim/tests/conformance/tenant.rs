//! What every table finds: two tenants and a user without rights, two flavors, an image, a network. All of it
//! is named for the run and is removed at its end, with whatever a failed table left.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::{Api, Cloud, Session};
use crate::step::{Run, Step, Who};

/// How long removing may take.
const REMOVE_MAX: Duration = Duration::from_secs(60);
const PASSWORD: &str = "tenant-secret";

/// The sessions, and what steps may name.
pub(crate) struct Fixture {
    sessions: HashMap<Who, Session>,
    saved: HashMap<String, String>,
}

impl Fixture {
    pub(crate) async fn make(cloud: &Cloud) -> Self {
        let name = format!("conf-{}", &Uuid::new_v4().simple().to_string()[..8]);
        let mut sessions = HashMap::from([(Who::Admin, cloud.admin().await)]);
        let mut saved: HashMap<String, String> = HashMap::new();
        saved.insert("nothing".to_owned(), Uuid::new_v4().to_string());
        saved.insert("name".to_owned(), name);
        let mut fixture = Self { sessions: HashMap::new(), saved };
        std::mem::swap(&mut fixture.sessions, &mut sessions);
        fixture.people(cloud).await;
        fixture.things(cloud).await;
        fixture
    }

    /// Runs the table to its end, or to the first step that fails.
    pub(crate) async fn run(&mut self, cloud: &Cloud, table: Vec<Step>) -> Result<(), String> {
        let mut run = Run { http: &cloud.http, sessions: &self.sessions, saved: &mut self.saved };
        for step in &table {
            run.step(step).await?;
        }
        Ok(())
    }

    /// Domain, two projects, three users, and the role that no service knows.
    async fn people(&mut self, cloud: &Cloud) {
        let name = self.saved["name"].clone();
        let domain = self.created(cloud, "/domains", json!({"domain": {"name": name}})).await;
        let role = self.created(cloud, "/roles", json!({"role": {"name": name}})).await;
        let roles = self.admin(cloud, Method::GET, Api::Identity, "/roles?name=member", None).await;
        let member = roles["roles"][0]["id"].as_str().expect("the role member").to_owned();
        self.saved.extend([("domain", &domain), ("role", &role), ("member", &member)].map(owned));
        let own = self.user(cloud, "own", "own", &member).await;
        let other = self.user(cloud, "other", "other", &member).await;
        let roleless = self.user(cloud, "own", "roleless", &role).await;
        self.sessions.extend([(Who::Tenant, own), (Who::Stranger, other), (Who::Roleless, roleless)]);
        let project = self.sessions[&Who::Tenant].project_id.clone();
        self.saved.insert("project".to_owned(), project);
    }

    async fn user(&mut self, cloud: &Cloud, project: &str, user: &str, role: &str) -> Session {
        let (name, domain) = (self.saved["name"].clone(), self.saved["domain"].clone());
        let project_name = format!("{name}-{project}");
        if !self.saved.contains_key(&project_name) {
            let body = json!({"project": {"name": project_name, "domain_id": domain}});
            let id = self.created(cloud, "/projects", body).await;
            self.saved.insert(project_name.clone(), id);
        }
        let project_id = self.saved[&project_name].clone();
        let user_name = format!("{name}-{user}");
        let body = json!({"user": {"name": user_name, "domain_id": domain, "password": PASSWORD}});
        let user_id = self.created(cloud, "/users", body).await;
        let grant = format!("/projects/{project_id}/users/{user_id}/roles/{role}");
        self.admin(cloud, Method::PUT, Api::Identity, &grant, None).await;
        self.saved.insert(format!("user-{user}"), user_id.clone());
        let user = json!({"id": user_id, "password": PASSWORD});
        cloud.login(&user, &json!({"project": {"id": project_id}})).await
    }

    /// Two flavors, an uploaded image, a network with a subnet.
    async fn things(&mut self, cloud: &Cloud) {
        let name = self.saved["name"].clone();
        for (flavor, ram, vcpus) in [("small", 256, 1), ("large", 512, 2)] {
            let body = json!({"flavor": {"name": format!("{name}.{flavor}"), "ram": ram, "vcpus": vcpus, "disk": 1}});
            let made = self.admin(cloud, Method::POST, Api::Compute, "/flavors", Some(body)).await;
            self.saved.insert(flavor.to_owned(), id(&made["flavor"]));
        }
        let image = json!({
            "name": name, "disk_format": "raw", "container_format": "bare", "visibility": "public", "min_disk": 1,
        });
        let image = id(&self.admin(cloud, Method::POST, Api::Image, "/images", Some(image)).await);
        let admin = &self.sessions[&Who::Admin];
        let upload = cloud.http.put(admin.url(Api::Image, &format!("/images/{image}/file")));
        let upload =
            upload.header("x-auth-token", &admin.token).header("content-type", "application/octet-stream");
        assert_eq!(upload.body(vec![7; 4096]).send().await.expect("Glance answers").status(), 204);
        self.saved.insert("image".to_owned(), image);
        let body = json!({"network": {"name": name}});
        let network = id(&self
            .ask(cloud, Who::Tenant, Method::POST, Api::Network, "/networks", Some(body))
            .await["network"]);
        let body = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.77.0.0/24"}});
        let subnet = id(&self
            .ask(cloud, Who::Tenant, Method::POST, Api::Network, "/subnets", Some(body))
            .await["subnet"]);
        self.saved.extend([("network", &network), ("subnet", &subnet)].map(owned));
    }

    /// Makes something in Keystone and gives its id.
    async fn created(&self, cloud: &Cloud, path: &str, body: Value) -> String {
        let made = self.admin(cloud, Method::POST, Api::Identity, path, Some(body)).await;
        id(made
            .as_object()
            .and_then(|made| made.values().find(|value| value.is_object()))
            .expect("an object"))
    }

    async fn admin(&self, cloud: &Cloud, method: Method, api: Api, path: &str, body: Option<Value>) -> Value {
        self.ask(cloud, Who::Admin, method, api, path, body).await
    }

    /// The answer's JSON, `null` where there is none; any status.
    async fn ask(
        &self,
        cloud: &Cloud,
        who: Who,
        method: Method,
        api: Api,
        path: &str,
        body: Option<Value>,
    ) -> Value {
        let session = &self.sessions[&who];
        let mut request =
            cloud.http.request(method, session.url(api, path)).header("x-auth-token", &session.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        answer.json().await.unwrap_or(Value::Null)
    }

    /// Removes everything that the run made.
    pub(crate) async fn remove(&self, cloud: &Cloud) {
        for who in [Who::Tenant, Who::Stranger] {
            self.empty(cloud, who, Api::Compute, "servers").await;
            self.empty(cloud, who, Api::Volume, "volumes").await;
            self.empty(cloud, who, Api::Share, "shares").await;
            self.empty(cloud, who, Api::Share, "share-networks").await;
            self.remove_routers(cloud, who).await;
            for kind in ["ports", "subnets", "networks"] {
                let own = format!("{kind}?project_id={}", self.sessions[&who].project_id);
                self.empty(cloud, who, Api::Network, &own).await;
            }
            self.remove_groups(cloud, who).await;
        }
        let of = |name: &str| self.saved.get(name).cloned().unwrap_or_default();
        for (api, path) in [
            (Api::Compute, format!("/flavors/{}", of("small"))),
            (Api::Compute, format!("/flavors/{}", of("large"))),
            (Api::Image, format!("/images/{}", of("image"))),
            (Api::Identity, format!("/roles/{}", of("role"))),
        ] {
            self.admin(cloud, Method::DELETE, api, &path, None).await;
        }
        let domain = format!("/domains/{}", of("domain"));
        let disabled = json!({"domain": {"enabled": false}});
        self.admin(cloud, Method::PATCH, Api::Identity, &domain, Some(disabled)).await;
        self.admin(cloud, Method::DELETE, Api::Identity, &domain, None).await;
    }

    /// Routes hold interfaces, and interfaces hold routers.
    async fn remove_routers(&self, cloud: &Cloud, who: Who) {
        for id in self.left(cloud, who, Api::Network, "routers").await {
            let router = format!("/routers/{id}");
            let bare = json!({"router": {"routes": []}});
            self.ask(cloud, who, Method::PUT, Api::Network, &router, Some(bare)).await;
            for port in self.left(cloud, who, Api::Network, &format!("ports?device_id={id}")).await {
                let path = format!("{router}/remove_router_interface");
                let body = json!({"port_id": port});
                self.ask(cloud, who, Method::PUT, Api::Network, &path, Some(body)).await;
            }
            self.ask(cloud, who, Method::DELETE, Api::Network, &router, None).await;
        }
    }

    /// An admin alone may remove a project's default group; the next list would make it again.
    async fn remove_groups(&self, cloud: &Cloud, who: Who) {
        let list = format!("security-groups?project_id={}", self.sessions[&who].project_id);
        for id in self.left(cloud, Who::Admin, Api::Network, &list).await {
            self.admin(cloud, Method::DELETE, Api::Network, &format!("/security-groups/{id}"), None).await;
        }
    }

    /// Deletes what a list names until it names nothing.
    async fn empty(&self, cloud: &Cloud, who: Who, api: Api, list: &str) {
        let kind = list.split('?').next().unwrap_or_default();
        let begun = Instant::now();
        while begun.elapsed() < REMOVE_MAX {
            let left = self.left(cloud, who, api, list).await;
            if left.is_empty() {
                return;
            }
            for id in left {
                self.ask(cloud, who, Method::DELETE, api, &format!("/{kind}/{id}"), None).await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// The ids of what a list names.
    async fn left(&self, cloud: &Cloud, who: Who, api: Api, list: &str) -> Vec<String> {
        let kind = list.split('?').next().unwrap_or_default().replace('-', "_");
        let left = self.ask(cloud, who, Method::GET, api, &format!("/{list}"), None).await;
        left[kind].as_array().into_iter().flatten().map(id).collect()
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id: {object}")).to_owned()
}

fn owned((name, value): (&str, &String)) -> (String, String) {
    (name.to_owned(), value.clone())
}
