//! What one call begins at once: bounded before any of it is queued, and the caller gets a definite code.

use patchbay_tests::{Deployment, needs_cloudsim};

use crate::backend::Backend;
use crate::{Answer, PLUGIN, Stage, with_backend};

/// So many of an attack.
const MANY: usize = 20_000;

impl Stage {
    /// The call was ended for what it began: the log names the bound, the caller is told nothing of it.
    async fn over(&self, answer: &Answer, bound: &str, traps: u64) {
        assert_eq!(answer.code, 13, "{}", answer.msg);
        assert!(!answer.msg.contains("pending"), "{}", answer.msg);
        self.names(answer, bound).await;
        let labels = [("plugin", PLUGIN), ("reason", "pending")];
        assert_eq!(self.host.metrics().await.sum("patchbay_traps_total", &labels), traps);
    }

    /// Waits for the log to name the bound that this call reached.
    async fn names(&self, answer: &Answer, bound: &str) {
        let named = |line: &serde_json::Value| {
            line["request_id"] == *answer.request_id && line.to_string().contains(bound)
        };
        self.host.line(named).await;
    }
}

impl Stage {
    /// One whose backend answers when so many ask at once.
    async fn asking(bounds: &str, crowd: usize) -> (Self, Backend) {
        let backend = Backend::start(crowd).await;
        (Self::hostile(with_backend(Deployment::builder().toml(bounds), &backend.url)).await, backend)
    }
}

#[tokio::test]
async fn a_call_has_so_many_requests_pending() {
    needs_cloudsim!();
    let bounds = "plugin = { pending_max = 50, upstream_calls_max = 8 }";
    let (stage, silent) = Stage::asking(bounds, MANY).await;
    let many = stage.flavor(&format!("crowd-{MANY}")).await;
    stage.over(&many, "plugin.pending_max", 1).await;
    assert!(silent.met() <= 8, "{} were sent", silent.met());
    let (stage, _backend) = Stage::asking(bounds, 1).await;
    let fits = stage.flavor("crowd-50").await;
    assert_eq!((fits.code, fits.name.as_str()), (0, "50"), "{}", fits.msg);
}

#[tokio::test]
async fn a_call_has_so_many_bytes_pending() {
    needs_cloudsim!();
    let bounds = "plugin.pending_bytes_max = 100000";
    let (stage, silent) = Stage::asking(bounds, MANY).await;
    let large = stage.flavor("bulk-20000").await;
    stage.over(&large, "plugin.pending_bytes_max", 1).await;
    assert!(silent.met() <= 4, "four of 20 kB and their headers fit into 100 kB, not {}", silent.met());
    let (stage, _backend) = Stage::asking(bounds, 1).await;
    let fits = stage.flavor("bulk-5000").await;
    assert_eq!((fits.code, fits.name.as_str()), (0, "10"), "{}", fits.msg);
}

#[tokio::test]
async fn a_call_has_so_many_questions_and_waits_pending() {
    needs_cloudsim!();
    // With the usual number of questions at once one more is refused, and waits for nothing.
    let bounds = "plugin = { pending_max = 50, storage_calls_max = 100 }";
    let stage = Stage::hostile(Deployment::builder().toml(bounds)).await;
    for (at, deed) in ["disks", "nap"].iter().enumerate() {
        let many = stage.flavor(&format!("{deed}-{MANY}")).await;
        stage.over(&many, "plugin.pending_max", at as u64 + 1).await;
        let fits = stage.flavor(&format!("{deed}-50")).await;
        assert_eq!(fits.code, 0, "{deed}: {}", fits.msg);
    }
}

#[tokio::test]
async fn a_call_logs_so_many_bytes() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.log_call_bytes_max = 10000")).await;
    let answer = stage.flavor("lines-20000").await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    stage.names(&answer, "plugin.log_call_bytes_max").await;
    let own = |line: &serde_json::Value| {
        let text = line["message"].as_str().filter(|text| text.starts_with('x'));
        text.filter(|_| line["request_id"] == *answer.request_id).map(str::len)
    };
    let lines: Vec<_> = stage.host.log().iter().filter_map(own).collect();
    assert_eq!(lines, [4_096, 4_096], "a third would have been too much");
}
