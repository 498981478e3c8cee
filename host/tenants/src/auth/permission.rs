//! The reverse check: the platform is asked whether its user may do this to a resource.
//!
//! One question for each resource id that a request names, in the shape of Open Policy Agent's data API:
//!
//! ```text
//! POST v1/data/iaas/allow
//! {"input": {"tenant_id": "t-0000000001", "platform_userid": "u-7",
//!            "resource_id": "5f0c…", "method": "instance.InstanceService/GetInstance"}}
//! 200 {"result": true}
//! ```
//!
//! `true` allows and is believed for `cache_ttl_ms`; any other result, or none, refuses. An answer that is
//! not that, or no answer in time, refuses too: nothing is allowed by default. Address, credential, timeout
//! and circuit breaker are the upstream's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use moka::future::Cache;
use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};
use patchbay_core::share::Shares;
use patchbay_upstream::{Followed, Request, Response, Upstreams};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Permit;

/// Whom to ask.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The upstream that is asked, one of kind `http`.
    pub upstream: String,
    /// What is asked, below the upstream's address, as Open Policy Agent has it.
    #[serde(default = "path")]
    pub path: String,
    /// Questions of one call at once.
    #[serde(default = "concurrent_max")]
    pub concurrent_max: usize,
    /// Questions of one tenant at once; beyond that its calls are RESOURCE_EXHAUSTED. Its crowd is not to keep the platform
    /// from answering for the others.
    #[serde(default = "questions_per_tenant_max")]
    pub questions_per_tenant_max: usize,
    /// How long a yes is believed.
    #[serde(default = "cache_ttl_ms")]
    pub cache_ttl_ms: u64,
    /// How many are remembered.
    #[serde(default = "cache_entries_max")]
    pub cache_entries_max: u64,
}

fn path() -> String {
    "v1/data/iaas/allow".to_owned()
}

fn concurrent_max() -> usize {
    8
}

fn questions_per_tenant_max() -> usize {
    256
}

fn cache_ttl_ms() -> u64 {
    5000
}

fn cache_entries_max() -> u64 {
    10_000
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Question {
    tenant_id: Option<TenantId>,
    user_id: Arc<str>,
    resource_id: String,
    method: String,
}

pub(super) struct Permission {
    upstream: Followed,
    path: String,
    concurrent_max: usize,
    asking: Arc<Shares<Option<TenantId>>>,
    allowed: Cache<Question, ()>,
}

impl fmt::Debug for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permission").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Permission {
    pub(super) fn new(config: &Config, upstreams: &Upstreams) -> anyhow::Result<Self> {
        let upstream = upstreams.follow(&config.upstream);
        let upstream =
            upstream.with_context(|| format!("auth.permission: no upstream {:?}", config.upstream))?;
        ensure!(config.concurrent_max > 0, "auth.permission.concurrent_max is 0");
        ensure!(config.questions_per_tenant_max > 0, "auth.permission.questions_per_tenant_max is 0");
        let allowed = Cache::builder()
            .max_capacity(config.cache_entries_max)
            .time_to_live(Duration::from_millis(config.cache_ttl_ms))
            .build();
        let asking = Shares::new(config.questions_per_tenant_max);
        Ok(Self {
            upstream,
            path: config.path.clone(),
            concurrent_max: config.concurrent_max,
            asking,
            allowed,
        })
    }

    /// Ok when the permit's user may do this to every one of the resources; the first refusal ends it.
    pub(super) async fn check(&self, permit: &Permit, method: &str, resources: &[&str]) -> Result<(), Error> {
        // Collected, because a stream that holds the closure is not `Send` for every lifetime.
        let answers: Vec<_> =
            resources.iter().map(|resource| Box::pin(self.ask(permit, method, resource))).collect();
        stream::iter(answers).buffer_unordered(self.concurrent_max).try_collect().await
    }

    async fn ask(&self, permit: &Permit, method: &str, resource_id: &str) -> Result<(), Error> {
        let question = Question {
            tenant_id: permit.tenant_id(),
            user_id: permit.shared_user_id(),
            resource_id: resource_id.to_owned(),
            method: method.to_owned(),
        };
        if self.allowed.get(&question).await.is_some() {
            return Ok(());
        }
        let _asking = self.asking.take(question.tenant_id).ok_or_else(too_many)?;
        let answer = self.upstream.now().send(&permit.caller(), self.request(&question)).await;
        if !answer.map_err(anyhow::Error::new).and_then(|answer| verdict(&answer)).map_err(undecided)? {
            return Err(Error::new(
                Kind::Denied,
                "platform_userid is not allowed to do this to the resource.",
            ));
        }
        self.allowed.insert(question, ()).await;
        Ok(())
    }

    fn request(&self, question: &Question) -> Request {
        let body = json!({"input": {
            "tenant_id": question.tenant_id.map(|tenant_id| tenant_id.to_string()),
            "platform_userid": &*question.user_id,
            "resource_id": question.resource_id,
            "method": question.method,
        }});
        Request {
            method: http::Method::POST,
            path: self.path.clone(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(body.to_string().into_bytes()),
            timeout: None,
        }
    }
}

fn verdict(answer: &Response) -> anyhow::Result<bool> {
    ensure!(answer.status == 200, "the permission check answered {}", answer.status);
    let body: Value = serde_json::from_slice(&answer.body).context("the permission check's answer")?;
    Ok(body.get("result") == Some(&Value::Bool(true)))
}

fn too_many() -> Error {
    Error::new(Kind::Exhausted, "Too many calls of this tenant are under way; let some of them end first.")
}

fn undecided(cause: anyhow::Error) -> Error {
    let message = "The platform could not be asked whether platform_userid may do this; try again later.";
    Error::new(Kind::Unavailable, message).because(cause)
}
