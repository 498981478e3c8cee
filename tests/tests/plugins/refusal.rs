//! Files that are refused: with a reason, and what served goes on serving.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use patchbay_tests::component::{built, guest, stamped};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::backend::Backend;
use crate::{PLUGIN, SWAP_MAX, Stage, route, with_backend};

/// WebAssembly's own header and nothing else: a core module.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// Larger than every component here.
const FILE_BYTES_MAX: usize = 4 << 20;
/// Parts in which a file is written, as a slow copy does.
const PARTS: usize = 32;

impl Stage {
    /// Waits until the compute route's file was refused for this reason.
    pub(crate) async fn refused(&self, reason: &str) {
        let fits = |line: &serde_json::Value| {
            line["plugin"] == PLUGIN && line["reason"].as_str().is_some_and(|told| told.contains(reason))
        };
        self.host.line(fits).await;
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.deployment.plugins().join(PLUGIN).with_extension("wasm")
    }
}

#[tokio::test]
async fn what_is_no_plugin_of_the_domain_is_refused() {
    needs_cloudsim!();
    let limit = format!("plugin.file_bytes_max = {FILE_BYTES_MAX}");
    let builder = route(Deployment::builder().toml(&limit), |route| drop(route.remove("upstreams")));
    let stage = Stage::hostile(builder).await;
    let storage = built("storage-cinder");
    let hostile = guest("hostile");
    let table = [
        (b"these are words".to_vec(), "not a component"),
        (Vec::new(), "not a component"),
        (CORE_MODULE.to_vec(), "not a component"),
        (hostile[..hostile.len() / 2].to_vec(), "not a component"),
        (storage, "does not fit the compute world"),
        (built(PLUGIN), "the upstream `openstack`"),
        (vec![0; FILE_BYTES_MAX + 1], "plugin.file_bytes_max"),
    ];
    for (refused_before, (file, reason)) in (0..).zip(table) {
        assert!(stage.admissions("refused").await >= refused_before);
        stage.install(&file);
        wait_for("the file to be looked at", SWAP_MAX, async || {
            (stage.admissions("refused").await > refused_before).then_some(())
        })
        .await;
        stage.refused(reason).await;
        assert_eq!(stage.flavor("x").await.name, "x", "after {reason}");
    }
    stage.install(&stamped(&hostile, "second"));
    wait_for("a good file after all", SWAP_MAX, async || {
        (stage.admissions("admitted").await == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_plugin_that_cannot_be_asked_is_refused() {
    needs_cloudsim!();
    for (about, reason) in [
        ("password", "the setting `password`"),
        ("panics", "does not say who it is"),
        ("spins", "does not say who it is"),
    ] {
        let builder = route(Deployment::builder(), move |route| {
            route.insert("settings".to_owned(), toml::toml! { about = about }.into());
        });
        let stage = Stage::hostile(builder).await;
        stage.refused(reason).await;
        assert_eq!(stage.flavor("x").await.code, 12, "{about}");
    }
}

#[tokio::test]
async fn a_plugin_whose_probe_fails_is_refused() {
    needs_cloudsim!();
    // Nothing listens on the port of a listener that is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = with_backend(Deployment::builder(), &format!("http://{port}"));
    let stage =
        Stage::hostile(route(builder, |route| drop(route.insert("probe".to_owned(), true.into())))).await;
    stage.refused("its probe failed").await;
    assert_eq!(stage.flavor("x").await.code, 12);
}

#[tokio::test]
async fn an_admission_that_takes_too_long_is_refused() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let builder = Deployment::builder().toml("plugin.admission_ms_max = 2000");
    let builder = route(with_backend(builder, &backend.url), |route| {
        route.insert("probe".to_owned(), true.into());
        route.insert("settings".to_owned(), toml::toml! { probe = "hold" }.into());
    });
    let stage = Stage::hostile(builder).await;
    backend.holds(1).await;
    stage.refused("longer than plugin.admission_ms_max, 2000 ms").await;
    assert_eq!(stage.flavor("x").await.code, 12);
}

#[tokio::test]
async fn half_a_file_is_refused_and_the_whole_one_admitted() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let component = built(PLUGIN);
    let (first, second) = component.split_at(component.len() / 2);
    fs::write(stage.file(), first).unwrap();
    stage.refused("not a component").await;
    assert_eq!(stage.flavor("x").await.code, 0);
    OpenOptions::new().append(true).open(stage.file()).unwrap().write_all(second).unwrap();
    stage.serves(false).await;
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_not_looked_at() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.settle_ms = 1000")).await;
    let component = built(PLUGIN);
    let mut file = fs::File::create(stage.file()).unwrap();
    for part in component.chunks(component.len() / PARTS) {
        file.write_all(part).unwrap();
        file.sync_data().unwrap();
        assert_eq!(stage.flavor("x").await.code, 0);
    }
    stage.serves(false).await;
    assert_eq!(stage.admissions("refused").await, 0);
}
