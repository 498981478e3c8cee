//! Quotas, and the use that they bound. Who sets them and whose they are is elsewhere.

use serde_json::{Value, json};

use crate::call::Call;

/// What an object takes is counted in whole blocks.
const BLOCK: i64 = 4096;
/// A limit that is none.
const UNLIMITED: i64 = -1;

/// How much there is. It can be less than nothing where it was counted from a stale figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) objects: i64,
    pub(super) bytes: i64,
    /// In whole blocks.
    pub(super) stored: i64,
}

impl Usage {
    /// Of one object.
    pub(super) fn of(length: usize) -> Self {
        let bytes = i64::try_from(length).unwrap_or(i64::MAX - BLOCK);
        Self { objects: 1, bytes, stored: (bytes + BLOCK - 1) / BLOCK * BLOCK }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            objects: self.objects + other.objects,
            bytes: self.bytes + other.bytes,
            stored: self.stored + other.stored,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            objects: self.objects - other.objects,
            bytes: self.bytes - other.bytes,
            stored: self.stored - other.stored,
        }
    }

    /// `utilized` is what a bucket's figures say and a user's leave at 0.
    pub(super) fn view(self, utilized: i64) -> Value {
        json!({
            "size": self.bytes, "size_actual": self.stored, "size_utilized": utilized,
            "size_kb": kib(self.bytes), "size_kb_actual": kib(self.stored), "size_kb_utilized": kib(utilized),
            "num_objects": self.objects,
        })
    }
}

fn kib(bytes: i64) -> i64 {
    (bytes.max(0) + 1023) / 1024
}

/// Limits; below 0 is none, 0 is nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    pub(super) enabled: bool,
    pub(super) bytes_max: i64,
    pub(super) objects_max: i64,
}

impl Quota {
    pub(super) fn none() -> Self {
        Self { enabled: false, bytes_max: UNLIMITED, objects_max: UNLIMITED }
    }

    pub(super) fn view(self) -> Value {
        json!({
            "enabled": self.enabled, "check_on_raw": false, "max_size": self.bytes_max,
            "max_size_kb": kib(self.bytes_max), "max_objects": self.objects_max,
        })
    }

    /// Takes over what the query says. What it does not say stays; what is no number is no limit.
    pub(super) fn update(&mut self, call: &Call) {
        let number = |name: &str| call.query(name).map(|text| text.parse::<i64>().unwrap_or(UNLIMITED));
        if let Some(enabled) = call.query("enabled") {
            self.enabled = enabled == "true";
        }
        self.objects_max = number("max-objects").unwrap_or(self.objects_max);
        self.bytes_max = number("max-size").unwrap_or(self.bytes_max);
        self.bytes_max = number("max-size-kb").map_or(self.bytes_max, |kib| kib.saturating_mul(1024));
    }

    /// Of one bucket: `max-size` is not heard, and without `max-size-kb` nothing may be stored.
    pub(super) fn update_of_bucket(&mut self, call: &Call) {
        self.bytes_max = self.bytes_max.max(0);
        let limit = self.bytes_max;
        self.update(call);
        if call.query("max-size-kb").is_none() {
            self.bytes_max = limit;
        }
    }

    /// Whether one more object of this length fits. One that replaces another counts as one more.
    pub(super) fn admits(self, used: Usage, more: Usage) -> bool {
        let fits = |max: i64, sum: i64| max < 0 || sum <= max;
        let sum = used.plus(more);
        !self.enabled || (fits(self.objects_max, sum.objects) && fits(self.bytes_max, sum.stored))
    }
}
