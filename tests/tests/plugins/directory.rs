//! A plugin directory that does not keep still: whatever happens to it, what serves goes on serving, and the next good
//! file is found.

use std::fs;
use std::os::unix::fs::symlink;

use patchbay_tests::component::{built, guest, stamped};
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::{PLUGIN, Stage};

/// Changes of the file while it is being looked at.
const REPLACEMENTS: usize = 300;
/// Other files that come and go.
const FILES: usize = 500;

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_read_is_read_again() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.settle_ms = 1")).await;
    let hostile = guest("hostile");
    for turn in 0..REPLACEMENTS {
        match turn % 3 {
            0 => fs::write(stage.file(), &hostile[..hostile.len() / 2]).unwrap(),
            1 => stage.install(&hostile[..hostile.len() - turn]),
            _ => stage.install(&stamped(&hostile, &turn.to_string())),
        }
        assert_eq!(stage.flavor("x").await.name, "x", "turn {turn}");
    }
    stage.install(&built(PLUGIN));
    stage.serves(false).await;
}

#[tokio::test]
async fn a_link_that_leads_nowhere_is_refused() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let other = stage.file().with_extension("other");
    symlink(stage.file(), &other).unwrap();
    fs::remove_file(stage.file()).unwrap();
    symlink(&other, stage.file()).unwrap();
    stage.refused("symbolic links").await;
    assert_eq!(stage.flavor("x").await.name, "x");
    fs::remove_file(stage.file()).unwrap();
    symlink(stage.deployment.plugins(), stage.file()).unwrap();
    stage.refused("not a regular file").await;
    assert_eq!(stage.flavor("x").await.name, "x");
    stage.install(&built(PLUGIN));
    stage.serves(false).await;
}

#[tokio::test]
async fn a_file_is_found_among_a_thousand_events() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let stray = |number: usize| stage.deployment.plugins().join(format!("stray-{number}.wasm"));
    for number in 0..FILES {
        fs::write(stray(number), b"nothing").unwrap();
        if number == FILES / 2 {
            stage.install(&built(PLUGIN));
        }
    }
    for number in 0..FILES {
        fs::remove_file(stray(number)).unwrap();
    }
    stage.serves(false).await;
    assert_eq!(stage.admissions("refused").await, 0);
}

#[tokio::test]
async fn a_directory_that_was_deleted_and_made_again_is_watched_again() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let directory = stage.deployment.plugins();
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(stage.flavor("x").await.name, "x");
    fs::create_dir(&directory).unwrap();
    stage.install(&built(PLUGIN));
    stage.serves(false).await;
    // Now by a sign, not by the look now and then.
    stage.install(&guest("hostile"));
    stage.serves(true).await;
}
