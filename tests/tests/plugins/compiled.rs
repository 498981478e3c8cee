//! The cache of compiled components, which outlives the host and is filled by processes of their own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use patchbay_tests::component::plugins;
use patchbay_tests::process::{HostProcess, binary};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::process::Command;

/// wasmtime writes its cache behind the compilation's back.
const WRITTEN_MAX: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_second_start_compiles_nothing() {
    needs_cloudsim!();
    let cache = tempfile::TempDir::new().unwrap();
    let directory = format!("plugin.cache_directory = {:?}", cache.path());
    let mut deployment = Deployment::builder().toml(&directory).start().await;
    let components = files(&deployment.plugins()).len();
    let compiled = wait_for("the cache to be written", WRITTEN_MAX, async || {
        let files = files(cache.path());
        (artifacts(&files).len() == components).then_some(files)
    })
    .await;
    // It listens when all its plugins are admitted; what it compiled would have been written by the compiling process's end.
    let _host = HostProcess::start(&mut deployment).await;
    assert_eq!(artifacts(&files(cache.path())), artifacts(&compiled), "nothing was written anew");
}

#[tokio::test]
async fn the_host_uses_what_another_process_compiled() {
    needs_cloudsim!();
    let cache = tempfile::TempDir::new().unwrap();
    for component in files(&plugins()).keys() {
        let mut compiler = Command::new(binary());
        compiler.args(["compile", "--cache-directory"]).arg(cache.path());
        let done = compiler.stdin(File::open(component).unwrap()).output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let compiled = files(cache.path());
    assert_eq!(artifacts(&compiled).len(), files(&plugins()).len());
    let directory = format!("plugin.cache_directory = {:?}", cache.path());
    let _deployment = Deployment::builder().toml(&directory).start().await;
    assert_eq!(artifacts(&files(cache.path())), artifacts(&compiled), "nothing was written anew");
}

/// Every file below, and when it was written.
fn files(directory: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let (below, here): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own =
        here.into_iter().filter_map(|path| Some((path.clone(), path.metadata().ok()?.modified().ok()?)));
    own.chain(below.iter().flat_map(|directory| files(directory))).collect()
}

/// What was compiled, without wasmtime's statistics about it.
fn artifacts(files: &BTreeMap<PathBuf, SystemTime>) -> BTreeMap<&PathBuf, &SystemTime> {
    files.iter().filter(|(path, _)| path.extension().is_none()).collect()
}
