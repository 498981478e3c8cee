//! What was asked: a counter for each route and the last requests. What was answered is no more than a status, unless a test
//! wants more.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::service::Service;

/// Different routes that are counted; paths that no route has could be any number.
const ROUTES_MAX: usize = 2000;
/// A part of a path that is at least as long and looks like one is an id.
const ID_LENGTH: usize = 32;

/// One request that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who was asked.
    pub service: Service,
    /// In upper case.
    pub method: String,
    /// Below the service's prefix, with the query.
    pub path: String,
    /// What was answered; 0 where the connection was closed instead.
    pub status: u16,
    /// The request id that the caller sent in `X-Openstack-Request-Id`, or elsewhere in `X-Request-Id`.
    pub caller_request_id: Option<String>,
    /// The JSON of the answer, where answers are kept and it was JSON; what a fault made of it is not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
}

impl Request {
    /// The path with `{id}` for each id, and without the query.
    #[must_use]
    pub fn route(&self) -> String {
        route(self.path.split('?').next().unwrap_or_default())
    }
}

/// How often a route was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Count {
    /// Who was asked.
    pub service: Service,
    /// In upper case.
    pub method: String,
    /// The path with `{id}` for each id: "/v2.1/servers/{id}".
    pub route: String,
    /// How often.
    pub count: u64,
}

/// The memory of requests.
pub(crate) struct Record {
    counts: HashMap<(Service, String, String), u64>,
    requests: VecDeque<Request>,
    requests_max: usize,
    pub(crate) keeps_answers: bool,
}

impl Record {
    pub(crate) fn new(requests_max: usize) -> Self {
        Self { counts: HashMap::new(), requests: VecDeque::new(), requests_max, keeps_answers: false }
    }

    /// Counts a request as it comes in.
    pub(crate) fn count(&mut self, service: Service, method: &str, path: &str) {
        let key = (service, method.to_owned(), route(path));
        if self.counts.len() < ROUTES_MAX || self.counts.contains_key(&key) {
            *self.counts.entry(key).or_default() += 1;
        }
    }

    /// Keeps a request as it goes out.
    pub(crate) fn keep(&mut self, request: Request) {
        if self.requests_max == 0 {
            return;
        }
        if self.requests.len() >= self.requests_max {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(crate) fn keeps_requests(&self) -> bool {
        self.requests_max > 0
    }

    pub(crate) fn counts(&self) -> Vec<Count> {
        let count = |((service, method, route), count): (&(Service, String, String), &u64)| Count {
            service: *service,
            method: method.clone(),
            route: route.clone(),
            count: *count,
        };
        let mut counts: Vec<Count> = self.counts.iter().map(count).collect();
        counts.sort();
        counts
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.counts.clear();
        self.requests.clear();
    }
}

/// "/v2.1/servers/1f0c…" → "/v2.1/servers/{id}"
pub(crate) fn route(path: &str) -> String {
    let mut route = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        route.push('/');
        route.push_str(if is_id(part) { "{id}" } else { part });
    }
    route
}

fn is_id(part: &str) -> bool {
    let part = part.strip_prefix("req-").unwrap_or(part);
    part.len() >= ID_LENGTH && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
