//! Two questions to an OpenStack, of which `cargo xtask up` needs the answers: who am I, and where is the network.
//!
//! This is no client for anything else: the host has one.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use minreq::{Request, ResponseLazy};
use serde_json::{Value, json};

use crate::cloud::Cloud;

/// How long an answer may take, in seconds, and how long it may be.
const ANSWER_SECONDS_MAX: u64 = 30;
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The id of the network with this name, which the administrator sees.
pub(crate) fn network_id(cloud: &Cloud, name: &str) -> Result<String> {
    let (token, neutron) = login(cloud).context("login")?;
    let url = format!("{neutron}/v2.0/networks?name={name}");
    let list = minreq::get(&url).with_header("x-auth-token", token);
    let list = answer(list).and_then(body).with_context(|| format!("GET {url}"))?;
    let id = list["networks"][0]["id"].as_str();
    Ok(id.with_context(|| format!("there is no network {name}"))?.to_owned())
}

/// A token, and the address of Neutron.
fn login(cloud: &Cloud) -> Result<(String, String)> {
    let domain = json!({"id": "default"});
    let user = json!({"name": cloud.username, "domain": domain, "password": cloud.password});
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let scope = json!({"project": {"name": cloud.project, "domain": domain}});
    let asked = json!({"auth": {"identity": identity, "scope": scope}}).to_string();
    let url = format!("{}/auth/tokens", cloud.auth_url);
    let login = minreq::post(&url).with_header("content-type", "application/json").with_body(asked);
    let login = answer(login).with_context(|| format!("POST {url}"))?;
    let token = login.headers.get("x-subject-token").context("Keystone gives no token")?.clone();
    let body = body(login).with_context(|| format!("POST {url}"))?;
    let neutron =
        endpoint(&body, "network", &cloud.region).context("the catalogue has no network service")?;
    Ok((token, neutron.trim_end_matches('/').to_owned()))
}

fn answer(request: Request) -> Result<ResponseLazy> {
    let answer = request.with_timeout(ANSWER_SECONDS_MAX).send_lazy()?;
    ensure!((200..300).contains(&answer.status_code), "answered with {}", answer.status_code);
    Ok(answer)
}

fn body(answer: ResponseLazy) -> Result<Value> {
    Ok(serde_json::from_reader(Read::take(answer, ANSWER_BYTES_MAX))?)
}

/// The public address of a service.
fn endpoint<'a>(token: &'a Value, service: &str, region: &str) -> Option<&'a str> {
    let mut services = token["token"]["catalog"].as_array()?.iter();
    let mut endpoints = services.find(|entry| entry["type"] == service)?["endpoints"].as_array()?.iter();
    endpoints.find(|entry| entry["interface"] == "public" && entry["region_id"] == region)?["url"].as_str()
}
