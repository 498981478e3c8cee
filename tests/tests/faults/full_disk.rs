//! A disk without space under the SQLite file: changes are refused with words, the host is not ready, and both end by
//! themselves when there is space. What was asked for meanwhile is done once when it is asked for again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use futures::future::join_all;
use patchbay_tests::change::{Marks, Setup};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Scene, needs_cloudsim, wait_for};
use serde_json::{Value, json};

use crate::health;

const CREATE_VPC: &str = "vpc.VpcService/CreateVpc";
/// The host's files, and some changes.
const DISK_BYTES: u64 = 3 << 20;
/// Refusals that are waited for.
const REFUSED: usize = 8;
/// More changes than the disk takes without what fills it.
const CHANGES_MAX: usize = 500;

/// Takes all the space that there is.
fn fill(file: &Path) {
    let mut file = File::create(file).unwrap();
    for size in [64 << 10, 4 << 10, 512] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
}

fn vpc(number: usize) -> Value {
    json!({"vpc_name": format!("vpc-{number}"), "subnet": "10.1.0.0/24"})
}

/// Asks for one VPC after the other until enough are refused; how they were asked for.
async fn until_refused(setup: &Setup) -> Vec<Marks> {
    let (mut asked, mut refusals) = (Vec::new(), Vec::new());
    while refusals.len() < REFUSED {
        assert!(asked.len() < CHANGES_MAX, "the disk is never full");
        let marks = Marks::new();
        let answer = setup.ask(CREATE_VPC, &vpc(asked.len()), &marks).await.unwrap();
        asked.push(marks);
        if answer.code != 0 {
            assert_eq!(answer.code, 14, "{}", answer.msg);
            refusals.push(answer.msg);
        }
    }
    let told = |words: &String| words == "The host's database has no space left; try again later.";
    assert!(refusals.iter().any(told), "{refusals:?}");
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn it_passes_by_itself_when_there_is_space() {
    needs_cloudsim!();
    let mut deployment = Deployment::builder().quick().at_once().start().await;
    deployment.stop().await;
    let host = HostProcess::on_disk(&deployment, DISK_BYTES).await;
    deployment.lead_to(&host);
    let ballast = host.inside(&deployment.directory().join("disk/ballast"));
    let setup = Setup::on(Scene::of(deployment).await, &[]).await;

    fill(&ballast);
    let asked = until_refused(&setup).await;
    let words = health::not_ready(host.http()).await;
    assert!(words.contains("no space left"), "{words}");

    fs::remove_file(&ballast).unwrap();
    health::ready(host.http()).await;
    for (number, marks) in asked.iter().enumerate() {
        wait_for("the change to be done", END_MAX, async || {
            let answer = setup.ask(CREATE_VPC, &vpc(number), &marks.again()).await.unwrap();
            (answer.code == 0).then_some(())
        })
        .await;
    }
    setup.ended(END_MAX).await.unwrap();
    let made = setup.lines().await.iter().filter(|line| line.starts_with("network ")).count();
    assert_eq!(made, asked.len(), "each once");

    // Whichever connection is read from, it shows what is in the file.
    let seen = join_all((0..32).map(async |_| setup.operations().await.len())).await;
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}
