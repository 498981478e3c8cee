//! What `/metrics` shows, and the one place where its names are.
//!
//! Labels are bounded by construction: services, methods and codes come from the contract, upstreams,
//! domains and plugins from the configuration; a generation's series go with it. Never a tenant, a user or a path.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    service: &'static str,
    method: &'static str,
    code: i32,
    generation: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    service: &'static str,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamLabels {
    upstream: Arc<str>,
    method: &'static str,
    status: Answered,
}

/// What an upstream's request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answered {
    /// The backend answered with this status.
    Status(u16),
    /// It did not: "timeout", "unreachable", "broken" …
    Failure(&'static str),
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Failure(word) => word.fmt(f),
        }
    }
}

impl EncodeLabelValue for Answered {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        write!(encoder, "{self}")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    upstream: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DomainLabels {
    domain: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TrapLabels {
    plugin: String,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ImportLabels {
    plugin: String,
    import: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AdmissionLabels {
    plugin: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CertificateLabels {
    port: &'static str,
    file: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamCertificateLabels {
    upstream: String,
    file: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadLabels {
    port: &'static str,
    outcome: &'static str,
}

/// The host's counters, gauges and histograms.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// The series of each plugin generation, so that they go with it.
    series: Mutex<HashMap<Arc<str>, Vec<CallLabels>>>,
    calls: Family<CallLabels, Counter>,
    call_seconds: Family<MethodLabels, Histogram, fn() -> Histogram>,
    upstream_calls: Family<UpstreamLabels, Counter>,
    upstream_seconds: Family<UpstreamLabels, Histogram, fn() -> Histogram>,
    logins: Family<LoginLabels, Counter>,
    instances: Family<DomainLabels, Gauge>,
    instances_kept: Gauge,
    queued: Family<DomainLabels, Gauge>,
    background: Family<DomainLabels, Gauge>,
    traps: Family<TrapLabels, Counter>,
    changes_refused: Family<ImportLabels, Counter>,
    admissions: Family<AdmissionLabels, Counter>,
    operations: Gauge,
    refusals: Family<RefusalLabels, Counter>,
    waiting: Gauge,
    tenant_reads: Counter,
    certificate_end: Family<CertificateLabels, Gauge>,
    upstream_certificate_end: Family<UpstreamCertificateLabels, Gauge>,
    certificate_reads: Family<ReadLabels, Counter>,
}

/// 250 µs to 32 s, each bucket twice the one before.
fn latency() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 18))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("patchbay"),
            series: Mutex::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(latency),
            upstream_calls: Family::default(),
            upstream_seconds: Family::new_with_constructor(latency),
            logins: Family::default(),
            instances: Family::default(),
            instances_kept: Gauge::default(),
            queued: Family::default(),
            background: Family::default(),
            traps: Family::default(),
            changes_refused: Family::default(),
            admissions: Family::default(),
            operations: Gauge::default(),
            refusals: Family::default(),
            waiting: Gauge::default(),
            tenant_reads: Counter::default(),
            certificate_end: Family::default(),
            upstream_certificate_end: Family::default(),
            certificate_reads: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("calls", "Calls answered, by code and plugin generation", self.calls.clone());
        r.register("call_seconds", "Time to answer a call", self.call_seconds.clone());
        r.register(
            "upstream_calls",
            "Calls to backends; status is a number or a kind",
            self.upstream_calls.clone(),
        );
        r.register("upstream_seconds", "Time a backend took to answer", self.upstream_seconds.clone());
        r.register("logins", "Keystone logins", self.logins.clone());
        r.register("instances", "Component instances at work", self.instances.clone());
        r.register(
            "instances_kept",
            "Component instances kept for another call",
            self.instances_kept.clone(),
        );
        r.register("queued", "Calls waiting for an instance", self.queued.clone());
        r.register("background", "Calls that have left the host's own threads", self.background.clone());
        r.register("traps", "Calls that a plugin did not survive", self.traps.clone());
        r.register(
            "changes_refused",
            "Changes that plugins were about to make in calls that only read",
            self.changes_refused.clone(),
        );
        r.register("admissions", "Plugin files looked at", self.admissions.clone());
        r.register("operations", "Operations going on", self.operations.clone());
        r.register("refusals", "Requests that ended before or outside of a call", self.refusals.clone());
        r.register("waiting", "Requests whose message has not come", self.waiting.clone());
        r.register("tenant_reads", "Questions to the database about tenants", self.tenant_reads.clone());
        r.register(
            "certificate_not_after_timestamp_seconds",
            "When the first of a file's certificates ends",
            self.certificate_end.clone(),
        );
        r.register(
            "upstream_certificate_not_after_timestamp_seconds",
            "When the first of the certificates ends that a file of an upstream's holds",
            self.upstream_certificate_end.clone(),
        );
        r.register(
            "certificate_reloads",
            "Certificates of a port that were read anew",
            self.certificate_reads.clone(),
        );
    }

    /// The text that a Prometheus server scrapes.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
            let _ = writeln!(text, "# the metrics could not be written");
        }
        text
    }

    /// One call was answered. `generation` is absent where no plugin took part.
    pub fn call(
        &self,
        service: &'static str,
        method: &'static str,
        code: i32,
        generation: Option<Arc<str>>,
        took: Duration,
    ) {
        let labels = CallLabels { service, method, code, generation };
        match self.calls.get(&labels) {
            Some(counter) => {
                counter.inc();
            }
            None => self.first_call(&labels),
        }
        self.call_seconds.get_or_create(&MethodLabels { service, method }).observe(took.as_secs_f64());
    }

    fn first_call(&self, labels: &CallLabels) {
        if let Some(generation) = labels.generation.clone() {
            let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
            series.entry(generation).or_default().push(labels.clone());
        }
        self.calls.get_or_create(labels).inc();
    }

    /// A generation is gone: digests come and go, and its series must not stay for ever.
    pub fn forget(&self, generation: &str) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        series.remove(generation).into_iter().flatten().for_each(|labels| {
            self.calls.remove(&labels);
        });
    }

    /// A backend answered a request of this method, or did not.
    pub fn upstream(&self, upstream: &Arc<str>, method: &'static str, status: Answered, took: Duration) {
        let labels = UpstreamLabels { upstream: Arc::clone(upstream), method, status };
        self.upstream_calls.get_or_create(&labels).inc();
        self.upstream_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A login ended: "ok", "refused" or "failed".
    pub fn login(&self, upstream: &str, outcome: &'static str) {
        self.logins.get_or_create(&LoginLabels { upstream: upstream.to_owned(), outcome }).inc();
    }

    /// How many instances of the domain's components are at work.
    pub fn instances(&self, domain: &'static str) -> Gauge {
        self.instances.get_or_create(&DomainLabels { domain }).clone()
    }

    /// How many instances are kept for another call.
    #[must_use]
    pub fn instances_kept(&self) -> &Gauge {
        &self.instances_kept
    }

    /// How many calls of the domain wait for an instance.
    pub fn queued(&self, domain: &'static str) -> Gauge {
        self.queued.get_or_create(&DomainLabels { domain }).clone()
    }

    /// How many calls of the domain compute in the background, or wait for it.
    pub fn background(&self, domain: &'static str) -> Gauge {
        self.background.get_or_create(&DomainLabels { domain }).clone()
    }

    /// A plugin trapped, ran out of CPU or memory, or out of time.
    pub fn trap(&self, plugin: &str, reason: &'static str) {
        self.traps.get_or_create(&TrapLabels { plugin: plugin.to_owned(), reason }).inc();
    }

    /// A plugin was about to change something by this import in a call that only reads.
    pub fn change_refused(&self, plugin: &str, import: &'static str) {
        self.changes_refused.get_or_create(&ImportLabels { plugin: plugin.to_owned(), import }).inc();
    }

    /// A plugin file was admitted or refused.
    pub fn admission(&self, plugin: &str, outcome: &'static str) {
        self.admissions.get_or_create(&AdmissionLabels { plugin: plugin.to_owned(), outcome }).inc();
    }

    /// A request was refused before it was a call, or cut off at its deadline.
    pub fn refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&RefusalLabels { reason }).inc();
    }

    /// Requests whose message has not come.
    #[must_use]
    pub fn waiting(&self) -> &Gauge {
        &self.waiting
    }

    /// Questions to the database about tenants.
    #[must_use]
    pub fn tenant_reads(&self) -> &Counter {
        &self.tenant_reads
    }

    /// When the first certificate of a port's file ends, in seconds since 1970.
    pub fn certificate_end(&self, port: &'static str, file: &'static str, second: u64) {
        let end = i64::try_from(second).unwrap_or(i64::MAX);
        self.certificate_end.get_or_create(&CertificateLabels { port, file }).set(end);
    }

    /// When the first certificate of an upstream's file ends, in seconds since 1970; `file` is its key.
    pub fn upstream_certificate_end(&self, upstream: &str, file: &'static str, second: u64) {
        let labels = UpstreamCertificateLabels { upstream: upstream.to_owned(), file };
        let end = i64::try_from(second).unwrap_or(i64::MAX);
        self.upstream_certificate_end.get_or_create(&labels).set(end);
    }

    /// A port's certificates were read anew: "applied" or "refused".
    pub fn certificates_read(&self, port: &'static str, outcome: &'static str) {
        self.certificate_reads.get_or_create(&ReadLabels { port, outcome }).inc();
    }

    /// Operations that have not ended.
    #[must_use]
    pub fn operations(&self) -> &Gauge {
        &self.operations
    }
}
