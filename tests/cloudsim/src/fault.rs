//! Faults: which calls they are for and what happens to those. The connection's part is in `serve`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::record;
use crate::service::Service;

/// Faults that may be set at once.
pub const FAULTS_MAX: usize = 100;

/// What goes wrong, for which calls, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Only this service; absent is every one.
    pub service: Option<Service>,
    /// Only this method, in upper case; absent is every one.
    pub method: Option<String>,
    /// Only paths that contain this, below the service's prefix and without the query; empty is every one.
    pub path: String,
    /// Only calls of this route, with `{id}` for each id: "/v2.1/servers/{id}"; absent is every one.
    pub route: Option<String>,
    /// Only calls on behalf of this request, as the caller names it; absent is every one.
    pub request_id: Option<String>,
    /// Lets so many matching calls pass first.
    pub skip: u32,
    /// Applies so many times, then it is used up; absent is for ever.
    pub times: Option<u32>,
    /// Waits before anything else happens.
    pub delay_ms: u64,
    /// What then happens.
    pub effect: Effect,
}

/// What a fault does to a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing but the delay.
    #[default]
    Pass,
    /// This answer; the service is not asked.
    Status {
        /// The status.
        status: u16,
        /// The body: a text as it is, anything else as JSON.
        #[serde(default)]
        body: Value,
        /// More headers, as `retry-after`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// The connection ends without an answer, and nothing was done.
    CloseBefore,
    /// The connection ends without an answer, and all was done.
    CloseAfter,
    /// All is done, and the answer comes so much later; nobody gets it who does not wait so long.
    Late {
        /// The wait.
        delay_ms: u64,
    },
    /// All is done, and so many spaces follow the answer's body; where it has none, the status is 200 instead of 204.
    Padded {
        /// Their number.
        bytes: usize,
    },
    /// The connection ends in the middle of the answer's body.
    CutBody,
    /// The answer's body is not JSON, though it says so.
    Malformed,
    /// The answer comes a space at a time and never ends.
    Endless,
    /// The answer's body comes packed (gzip).
    Packed,
    /// The answer's JSON has something else at one place.
    Edited {
        /// The place, as RFC 6901 writes it. An answer that has no such place stays as it is.
        pointer: String,
        /// What is there instead; absent where the field is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    },
}

impl Fault {
    /// A fault for every call, once.
    #[must_use]
    pub fn once(effect: Effect) -> Self {
        Self { times: Some(1), effect, ..Self::default() }
    }

    /// An answer with `status` and `body` for every call, until it is taken away.
    #[must_use]
    pub fn status(status: u16, body: Value) -> Self {
        let effect = Effect::Status { status, body, headers: BTreeMap::new() };
        Self { effect, ..Self::default() }
    }

    /// Makes calls wait, until it is taken away.
    #[must_use]
    pub fn delay(delay_ms: u64) -> Self {
        Self { delay_ms, ..Self::default() }
    }

    /// Narrows it to calls of one service with this method whose path contains `path`.
    #[must_use]
    pub fn on(self, service: Service, method: &str, path: &str) -> Self {
        let (service, method, path) = (Some(service), Some(method.to_owned()), path.to_owned());
        Self { service, method, path, ..self }
    }

    /// Narrows it to calls on behalf of one request, as the caller names it in `X-Openstack-Request-Id`, or elsewhere than
    /// in OpenStack in `X-Request-Id`.
    #[must_use]
    pub fn of(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }

    /// Narrows it to calls of one route, as the record counts them.
    #[must_use]
    pub fn on_route(self, service: Service, method: &str, route: &str) -> Self {
        Self { route: Some(route.to_owned()), ..self.on(service, method, "") }
    }

    /// Limits how often it applies.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Lets so many calls pass first.
    #[must_use]
    pub fn skip(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    fn is_for(&self, service: Service, call: &Call) -> bool {
        self.service.is_none_or(|wanted| wanted == service)
            && self.method.as_deref().is_none_or(|wanted| wanted == call.method)
            && call.path.contains(&self.path)
            && self.route.as_deref().is_none_or(|wanted| wanted == record::route(&call.path))
            && (self.request_id.is_none() || self.request_id.as_deref() == call.caller_request_id())
    }
}

/// Those that are set.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) faults: Vec<Fault>,
}

impl Faults {
    /// Adds one, unless there are too many.
    pub(crate) fn add(&mut self, fault: Fault) -> bool {
        let fits = self.faults.len() < FAULTS_MAX;
        if fits {
            self.faults.push(fault);
        }
        fits
    }

    /// What the first fault for this call does: the wait, and the effect. Counts it as used.
    pub(crate) fn take(&mut self, service: Service, call: &Call) -> Option<(u64, Effect)> {
        let matching = self.faults.iter_mut().enumerate().filter(|(_, fault)| fault.is_for(service, call));
        for (at, fault) in matching {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            let found = (fault.delay_ms, fault.effect.clone());
            if let Some(times) = &mut fault.times {
                *times = times.saturating_sub(1);
                if *times == 0 {
                    self.faults.remove(at);
                }
            }
            return Some(found);
        }
        None
    }
}
