//! A cloud that ignores every filter of its lists: whatever of a change fails, what the tenant has beside it is there
//! afterwards, and nothing of the change is left. A change that makes nothing does not look for what it made.

use cloudsim::{ComputeQuota, Effect, Fault, NetworkQuota, Service, ShareQuota, VolumeQuota};
use patchbay_tests::admin::text;
use patchbay_tests::change::{CHANGES, Change, Need, Setup};
use patchbay_tests::contract::Answer;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::json;

use super::{has_failed, status};

/// What the tenant has beside what a change is about.
const BESIDE: [Need; 8] = [
    Need::Offer,
    Need::Instance,
    Need::Disk,
    Need::Group,
    Need::Vpc,
    Need::Router,
    Need::Share,
    Need::ArrayShare,
];

/// More than a change comes to need, over and over again.
const MANY: i64 = 500;

/// Lets the tenant have many of everything.
fn widen(setup: &Setup) {
    let (cloud, project) = (setup.cloud(), setup.project());
    let compute = ComputeQuota { instances: MANY, cores: MANY, ..ComputeQuota::default() };
    cloud.set_compute_quota(project, compute);
    cloud.set_volume_quota(project, VolumeQuota { volumes: MANY, ..VolumeQuota::default() });
    let network = NetworkQuota { router: MANY, security_group: MANY, ..NetworkQuota::default() };
    cloud.set_network_quota(project, NetworkQuota { security_group_rule: MANY, ..network });
    cloud.set_share_quota(project, ShareQuota { share_networks: MANY, ..ShareQuota::default() });
}

/// What a change makes of the tenant's lines when nothing fails.
struct Deed {
    more: Vec<String>,
    less: Vec<String>,
    /// How many requests of each method it takes.
    requests: Vec<(&'static str, u32)>,
}

impl Deed {
    fn on(&self, before: &[String]) -> Vec<String> {
        let mut lines = without(before, &self.less);
        lines.extend(self.more.iter().cloned());
        lines.sort();
        lines
    }
}

/// The lines but for these, each of which takes one away.
fn without(lines: &[String], taken: &[String]) -> Vec<String> {
    let mut left = lines.to_vec();
    for line in taken {
        if let Some(at) = left.iter().position(|other| other == line) {
            left.remove(at);
        }
    }
    left
}

/// Makes the change while no list is filtered; whether it failed, when all of it has ended.
async fn make(setup: &Setup, change: &Change) -> (Answer, bool) {
    setup.cloud().clear_record();
    setup.cloud().set_filters_ignored(&Service::ALL);
    let answer = setup.make(change).await;
    setup.cloud().clear_faults();
    let failed = has_failed(setup, &answer).await;
    setup.cloud().set_filters_ignored(&[]);
    (answer, failed)
}

async fn whole(setup: &Setup, change: &Change) -> Deed {
    let before = setup.lines().await;
    let (answer, failed) = make(setup, change).await;
    assert!(answer.code == 0 && !failed, "{change}: {}", answer.msg);
    let sent = setup.cloud().requests();
    let count = |method: &'static str| {
        let count = sent.iter().filter(|request| request.method == method).count();
        (method, u32::try_from(count).unwrap())
    };
    let requests = ["POST", "PUT", "PATCH", "DELETE"].map(count).into();
    let after = setup.lines().await;
    Deed { more: without(&after, &before), less: without(&before, &after), requests }
}

/// The ids of the tenant's operations.
async fn operations(setup: &Setup) -> Vec<String> {
    setup.operations().await.iter().map(|operation| text(&operation["operation_id"])).collect()
}

/// How many lists were asked for because of the mark of an operation that was not there `before`.
async fn looks(setup: &Setup, before: &[String]) -> usize {
    let sent = setup.cloud().requests();
    let new = without(&operations(setup).await, before);
    let marks: Vec<_> = new.iter().flat_map(|id| [id.clone(), id.replace('-', "_")]).collect();
    let looks = |path: &str| marks.iter().any(|mark| path.contains(mark.as_str()));
    sent.iter().filter(|request| request.method == "GET" && looks(&request.path)).count()
}

/// Lets one request fail; how often what the change made was looked for.
async fn failing(setup: &Setup, change: &Change, fault: Fault, deed: &Deed) -> usize {
    let what = format!("{change} with {fault:?}");
    let (before, known) = (setup.lines().await, operations(setup).await);
    setup.cloud().fault(fault);
    let (answer, failed) = make(setup, change).await;
    let looks = looks(setup, &known).await;
    let whole = deed.on(&before);
    let allowed = match (failed, change.undone) {
        (false, _) => vec![&whole],
        (true, true) => vec![&before],
        (true, false) => vec![&before, &whole],
    };
    if let Err(found) = setup.comes_to(&allowed, END_MAX).await {
        let (gone, new) = (without(&before, &found), without(&found, &before));
        panic!("{what} ({} {}) takes away {gone:#?} and leaves {new:#?}", answer.code, answer.msg);
    }
    looks
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_ignores_filters_loses_nothing() {
    needs_cloudsim!();
    let refused = status(403, json!({"forbidden": {"code": 403, "message": "Not now"}}));
    let lost = Effect::CloseAfter;
    let mut setup = Setup::on(Scene::quick().await, &[]).await;
    let mut looked = 0;
    // Neither Keystone's nor the gateway's lists tell what an operation made.
    let is_looked_for = |change: &&Change| !["tenant.", "oss."].iter().any(|own| change.rpc.starts_with(own));
    for change in CHANGES.iter().filter(is_looked_for) {
        setup = setup.of(&format!("{change} unfiltered"), &[]).await;
        widen(&setup);
        setup = setup.with(&[&BESIDE, change.needs].concat()).await;
        let deed = whole(&setup, change).await;
        for (method, count) in &deed.requests {
            for (skip, effect) in (0..*count).flat_map(|skip| [(skip, &refused), (skip, &lost)]) {
                setup = setup.with(change.needs).await;
                let method = Some((*method).to_owned());
                let fault = Fault { method, skip, ..Fault::once(effect.clone()) };
                let looks = failing(&setup, change, fault, &deed).await;
                assert!(looks == 0 || change.rpc.contains("/Create"), "{change} looks for what it made");
                looked += looks;
            }
        }
    }
    assert!(looked > 0, "a change that makes something looks for it");
}
