//! Two questions to an OpenStack, of which `cargo xtask up` needs the answers: who am I, and where is the network.
//!
//! This is no client for anything else: the host has one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::cloud::Cloud;

/// How long an answer may take, and how long it may be.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The id of the network with this name, which the administrator sees.
pub(crate) fn network_id(cloud: &Cloud, name: &str) -> Result<String> {
    let (token, neutron) = login(cloud).context("login")?;
    let list = Request { method: "GET", url: &format!("{neutron}/v2.0/networks?name={name}"), token: &token };
    let (_, body) = list.send("")?;
    let id = body["networks"][0]["id"].as_str();
    Ok(id.with_context(|| format!("there is no network {name}"))?.to_owned())
}

/// A token, and the address of Neutron.
fn login(cloud: &Cloud) -> Result<(String, String)> {
    let domain = json!({"id": "default"});
    let user = json!({"name": cloud.username, "domain": domain, "password": cloud.password});
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let scope = json!({"project": {"name": cloud.project, "domain": domain}});
    let body = json!({"auth": {"identity": identity, "scope": scope}}).to_string();
    let login = Request { method: "POST", url: &format!("{}/auth/tokens", cloud.auth_url), token: "" };
    let (head, body) = login.send(&body)?;
    let token = header(&head, "x-subject-token").context("Keystone gives no token")?;
    let neutron =
        endpoint(&body, "network", &cloud.region).context("the catalogue has no network service")?;
    Ok((token.to_owned(), neutron.trim_end_matches('/').to_owned()))
}

/// The public address of a service.
fn endpoint<'a>(token: &'a Value, service: &str, region: &str) -> Option<&'a str> {
    let mut services = token["token"]["catalog"].as_array()?.iter();
    let mut endpoints = services.find(|entry| entry["type"] == service)?["endpoints"].as_array()?.iter();
    endpoints.find(|entry| entry["interface"] == "public" && entry["region_id"] == region)?["url"].as_str()
}

struct Request<'a> {
    method: &'static str,
    /// `http://HOST:PORT/PATH`: both clouds are on this machine.
    url: &'a str,
    token: &'a str,
}

impl Request<'_> {
    /// Head and body of the answer.
    fn send(&self, body: &str) -> Result<(String, Value)> {
        let answer = self.exchange(body).and_then(|answer| {
            let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
            let status = head.split(' ').nth(1).unwrap_or_default();
            ensure!(status.starts_with('2'), "answered with {status}");
            Ok((head.to_owned(), serde_json::from_str(body)?))
        });
        answer.with_context(|| format!("{} {}", self.method, self.url))
    }

    /// In HTTP/1.0, where the body is all that comes until the connection ends.
    fn exchange(&self, body: &str) -> Result<String> {
        let Self { method, url, token } = self;
        let address = url.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let (host, path) = address.context("not an address on this machine")?;
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        let length = body.len();
        write!(
            stream,
            "{method} /{path} HTTP/1.0\r\nHost: {host}\r\nX-Auth-Token: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
        Ok(answer)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
