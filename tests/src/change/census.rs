//! All that a tenant has in the cloud, as its administrator sees it: a line for each thing, without ids and times,
//! which differ each time.

use std::borrow::Borrow;

use rusty_s3::Method;
use serde_json::Value;

use crate::admin::{Admin, text};
use crate::{Deployment, Scene};

/// The lines, sorted; `operations` are the tenant's, because an export policy bears no other name.
pub(super) async fn lines<D: Borrow<Deployment>>(scene: &Scene<D>, operations: &[String]) -> Vec<String> {
    let subnets = scene.owned("subnets").await;
    let ports = scene.owned("ports").await;
    let mut lines: Vec<String> = Vec::new();
    lines.extend(scene.admin.servers(&scene.project).await.iter().map(server));
    lines.extend(scene.volumes().await.iter().map(volume));
    lines.extend(scene.owned("networks").await.iter().map(|network| self::network(network, &subnets)));
    lines.extend(scene.owned("security_groups").await.iter().map(group));
    lines.extend(scene.owned("routers").await.iter().map(|router| self::router(router, &ports)));
    lines.extend(scene.admin.shares(&scene.project).await.iter().map(share));
    let share_networks = scene.admin.share_networks(&scene.project).await;
    lines.extend(share_networks.iter().map(|_| "share network".to_owned()));
    lines.extend(ports.iter().map(port));
    lines.extend(array(scene.deployment.borrow(), &scene.tenant.id, operations).await);
    lines.extend(accounts(scene.deployment.borrow(), &scene.tenant.id).await);
    lines.sort();
    lines
}

/// What Keystone has of the tenants that were registered by this name: domain and role tell it.
pub(super) async fn registered(admin: &Admin, name: &str) -> Vec<String> {
    let named = |entry: &Value| {
        entry["description"].as_str().is_some_and(|told| told.ends_with(&format!(": {name}")))
    };
    let mut lines = Vec::new();
    let roles = admin.list("identity", "/roles", "roles").await;
    lines.extend(roles.iter().filter(|role| named(role)).map(|_| "role of a tenant".to_owned()));
    for domain in admin.list("identity", "/domains", "domains").await.iter().filter(|domain| named(domain)) {
        lines.push(format!("domain of a tenant {}", domain["enabled"]));
        for kind in ["projects", "users"] {
            let path = format!("/{kind}?domain_id={}", text(&domain["id"]));
            let own = admin.list("identity", &path, kind).await;
            lines.extend(own.iter().map(|entry| format!("{kind} of a tenant {}", entry["enabled"])));
        }
    }
    lines
}

fn server(server: &Value) -> String {
    let groups = sorted(server["security_groups"].as_array(), |group| group["name"].to_string());
    format!("server {} {} {} {groups:?}", server["name"], server["status"], server["flavor"]["id"])
}

fn volume(volume: &Value) -> String {
    let Value::Object(shown) = volume else { panic!("no volume: {volume}") };
    let attached = sorted(shown["attachments"].as_array(), |at| at["device"].to_string());
    format!(
        "volume {} {} {} {} {attached:?}",
        volume["name"], volume["description"], volume["size"], volume["status"]
    )
}

fn share(share: &Value) -> String {
    format!("share {} {} {} {}", share["name"], share["share_proto"], share["size"], share["status"])
}

/// What is on the array, which has one name for all that belongs together.
async fn array(deployment: &Deployment, tenant_id: &str, operations: &[String]) -> Vec<String> {
    let array = deployment.array();
    let names: Vec<_> = operations.iter().map(|operation| operation.replace('-', "_")).collect();
    let own = |policy: &&Value| names.iter().any(|name| text(&policy["name"]).ends_with(name));
    let idle = array.idle_policies().await;
    let volumes = array.volumes(tenant_id).await;
    let mut lines: Vec<String> = volumes.iter().map(array_volume).collect();
    lines.extend(idle.iter().filter(own).map(|_| "export policy of no volume".to_owned()));
    lines
}

fn array_volume(volume: &Value) -> String {
    let (nas, name) = (&volume["nas"], text(&volume["name"]));
    let is_shown = nas["path"] == format!("/{name}");
    let has_own_policy = nas["export_policy"]["name"] == name;
    format!("array volume {} {} {is_shown} {has_own_policy}", volume["size"], volume["state"])
}

/// The accounts of object storage, each with its buckets.
async fn accounts(deployment: &Deployment, tenant_id: &str) -> Vec<String> {
    let gateway = deployment.gateway(0);
    let mut lines = Vec::new();
    for uid in gateway.accounts(tenant_id).await {
        let quota = &gateway.account(&uid).await["user_quota"];
        lines.push(format!("account {} {} {}", quota["enabled"], quota["max_size"], quota["max_objects"]));
        for bucket in gateway.buckets(&uid).await {
            let address = gateway.bucket(&text(&bucket["bucket"])).base_url().clone();
            let (seen, _) = gateway.send(Method::Get, address, "").await;
            lines.push(format!("bucket that answers anybody with {seen}"));
        }
    }
    lines
}

fn network(network: &Value, subnets: &[Value]) -> String {
    let own: Vec<_> =
        subnets.iter().filter(|subnet| subnet["network_id"] == network["id"]).cloned().collect();
    let own = sorted(Some(&own), |subnet| subnet["cidr"].to_string());
    format!("network {} {} {own:?}", network["name"], network["description"])
}

fn group(group: &Value) -> String {
    let rules = sorted(group["security_group_rules"].as_array(), |rule| {
        let [min, max] = [&rule["port_range_min"], &rule["port_range_max"]];
        format!("{} {} {} {min}-{max}", rule["direction"], rule["ethertype"], rule["protocol"])
    });
    format!("group {} {} {rules:?}", group["name"], group["description"])
}

fn router(router: &Value, ports: &[Value]) -> String {
    let own: Vec<_> = ports.iter().filter(|port| port["device_id"] == router["id"]).cloned().collect();
    let own = sorted(Some(&own), |port| port["fixed_ips"][0]["ip_address"].to_string());
    format!("router {} {} {own:?} {}", router["name"], router["description"], router["routes"])
}

fn port(port: &Value) -> String {
    let groups = port["security_groups"].as_array().map_or(0, Vec::len);
    format!("port {} in {groups} groups", port["device_owner"])
}

fn sorted(list: Option<&Vec<Value>>, line: impl Fn(&Value) -> String) -> Vec<String> {
    let mut lines: Vec<String> = list.into_iter().flatten().map(line).collect();
    lines.sort();
    lines
}
