//! The control handle over HTTP, under `/_control`. The routes are listed in the crate's documentation.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::call::{Answer, Call, Refusal};
use crate::control::Control;
use crate::keystone::CatalogueForm;
use crate::service::Service;

/// `PUT /_control/tokens`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifetime {
    lifetime_s: u64,
}

/// `POST /_control/nfs-clients`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mount {
    volume: String,
    address: String,
}

/// `PUT /_control/gateways/{region}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gateway {
    up: bool,
}

/// `PUT /_control/catalogue`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    #[serde(default)]
    omit: Vec<Service>,
    #[serde(default)]
    form: CatalogueForm,
}

/// `POST /_control/stale-attachments`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaleAttachment {
    volume: String,
    server: String,
}

/// `PUT /_control/filters`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filters {
    ignored_by: Vec<Service>,
}

pub(crate) async fn answer(control: &Control, call: &Call) -> Answer {
    let refuse = |refusal: Refusal| Answer::json(refusal.status, &json!({"error": refusal.message}));
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["faults"]) => Answer::json(200, &control.faults().faults),
        ("GET", ["resources"]) => Answer::json(200, &control.resources()),
        ("GET", ["counts"]) => Answer::json(200, &control.counts()),
        ("GET", ["requests"]) => Answer::json(200, &control.requests()),
        ("GET", ["timing"]) => Answer::json(200, &control.world().timing),
        (method, path) => {
            change(control, call, method, path).await.map_or_else(refuse, |()| Answer::empty(204))
        }
    }
}

async fn change(control: &Control, call: &Call, method: &str, path: &[&str]) -> Result<(), Refusal> {
    match (method, path) {
        ("POST", ["faults"]) if !control.fault(body(call)?) => {
            return Err(Refusal::conflict("too many faults"));
        }
        ("POST", ["faults"]) => {}
        ("DELETE", ["faults"]) => control.clear_faults(),
        ("DELETE", ["requests" | "counts"]) => control.clear_record(),
        ("PUT", ["timing"]) => control.set_timing(body(call)?),
        ("PUT", ["failures"]) => control.set_failures(body(call)?),
        ("PUT", ["quotas", "compute", project]) => control.set_compute_quota(project, body(call)?),
        ("PUT", ["quotas", "volume", project]) => control.set_volume_quota(project, body(call)?),
        ("PUT", ["quotas", "network", project]) => control.set_network_quota(project, body(call)?),
        ("PUT", ["quotas", "share", project]) => control.set_share_quota(project, body(call)?),
        ("PUT", ["tokens"]) => control.set_token_lifetime(body::<Lifetime>(call)?.lifetime_s),
        ("DELETE", ["tokens"]) => control.expire_tokens(),
        ("POST", ["nfs-clients"]) => {
            let Mount { volume, address } = body(call)?;
            if !control.mount_nfs(&volume, &address) {
                return Err(Refusal::not_found("no such volume"));
            }
        }
        ("PUT", ["gateways", region]) => {
            let up = body::<Gateway>(call)?.up;
            if !control.set_gateway_up(region, up).await {
                return Err(Refusal::not_found("no such region"));
            }
        }
        ("PUT", ["filters"]) => control.set_filters_ignored(&body::<Filters>(call)?.ignored_by),
        ("PUT", ["catalogue"]) => {
            let Catalogue { omit, form } = body(call)?;
            control.set_catalogue_omits(&omit);
            control.set_catalogue_form(form);
        }
        ("POST", ["stale-attachments"]) => {
            let StaleAttachment { volume, server } = body(call)?;
            if !control.set_stale_attachment(&volume, &server) {
                return Err(Refusal::not_found("no such volume"));
            }
        }
        _ => return Err(Refusal::not_found("no such control")),
    }
    Ok(())
}

/// 400 with the reason where the body is not what is wanted.
fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body).map_err(|error| Refusal::bad_request(error.to_string()))
}
