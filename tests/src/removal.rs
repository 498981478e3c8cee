//! Removes what a deployment made in a cloud that outlives it. Uses the administrator's own API, because the
//! host may be what is broken.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::admin::{Admin, text};
use crate::gateway::Gateway;
use crate::{Cloud, wait_for};

/// How long a tenant's servers and volumes may take to go.
const REMOVAL_MAX: Duration = Duration::from_secs(60);

/// Everything of the tenants that `owner` made.
pub(crate) async fn remove(cloud: &Cloud, owner: &str) {
    let admin = Admin::login(cloud).await;
    for domain in made_by(&admin, "domains", owner).await {
        // Domains are called as their tenants are.
        for gateway in &cloud.gateways {
            Gateway::of(gateway).remove(&text(&domain["name"])).await;
        }
        let domain = text(&domain["id"]);
        let projects = admin.list("identity", &format!("/projects?domain_id={domain}"), "projects").await;
        for project in projects {
            empty(&admin, &text(&project["id"])).await;
        }
        let path = format!("/domains/{domain}");
        let disabled = json!({"domain": {"enabled": false}});
        admin.ask(Method::PATCH, "identity", &path, Some(disabled)).await;
        admin.ask(Method::DELETE, "identity", &path, None).await;
    }
    for role in made_by(&admin, "roles", owner).await {
        admin.ask(Method::DELETE, "identity", &format!("/roles/{}", text(&role["id"])), None).await;
    }
}

/// The identity plugin says in the description who made a domain or role.
async fn made_by(admin: &Admin, kind: &str, owner: &str) -> Vec<Value> {
    let made = format!("Made by {owner}:");
    let mut found = admin.list("identity", &format!("/{kind}"), kind).await;
    found.retain(|entry| entry["description"].as_str().is_some_and(|text| text.contains(&made)));
    found
}

async fn empty(admin: &Admin, project: &str) {
    wait_for("a tenant's servers to go", REMOVAL_MAX, async || {
        delete_all(admin, "compute", "servers", admin.servers(project).await).await
    })
    .await;
    wait_for("a tenant's volumes to go", REMOVAL_MAX, async || {
        delete_all(admin, "block-storage", "volumes", admin.volumes(project).await).await
    })
    .await;
    wait_for("a tenant's shares to go", REMOVAL_MAX, async || {
        delete_all(admin, "shared-file-system", "shares", admin.shares(project).await).await
    })
    .await;
    let share_networks = admin.share_networks(project).await;
    delete_all(admin, "shared-file-system", "share-networks", share_networks).await;
    delete_all(admin, "network", "floatingips", admin.owned("floatingips", project).await).await;
    for router in admin.owned("routers", project).await {
        unplug(admin, &text(&router["id"])).await;
    }
    delete_all(admin, "network", "routers", admin.owned("routers", project).await).await;
    // A share server keeps its ports for a moment.
    wait_for("a tenant's networks to go", REMOVAL_MAX, async || {
        delete_all(admin, "network", "networks", admin.owned("networks", project).await).await
    })
    .await;
    let groups = admin.owned("security_groups", project).await;
    delete_all(admin, "network", "security-groups", groups).await;
}

/// Takes a router's routes and its interfaces, without which it can be deleted.
async fn unplug(admin: &Admin, router: &str) {
    let path = format!("/routers/{router}");
    let no_routes = json!({"router": {"routes": []}});
    admin.ask(Method::PUT, "network", &path, Some(no_routes)).await;
    for port in admin.list("network", &format!("/ports?device_id={router}"), "ports").await {
        let interface = Some(json!({"port_id": port["id"]}));
        admin.ask(Method::PUT, "network", &format!("{path}/remove_router_interface"), interface).await;
    }
}

/// `None` while there was anything left to delete.
async fn delete_all(admin: &Admin, service: &str, kind: &str, entries: Vec<Value>) -> Option<()> {
    for entry in &entries {
        admin.ask(Method::DELETE, service, &format!("/{kind}/{}", text(&entry["id"])), None).await;
    }
    entries.is_empty().then_some(())
}
