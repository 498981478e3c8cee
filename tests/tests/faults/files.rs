//! What the host writes is its owner's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use patchbay_tests::Deployment;
use patchbay_tests::process::HostProcess;

/// What group and others may.
const FOREIGN: u32 = 0o077;

fn foreign(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & FOREIGN
}

#[tokio::test(flavor = "multi_thread")]
async fn database_and_cache_are_the_owners_alone() {
    // No components to compile: the cache is a new one.
    let mut deployment = Deployment::builder()
        .config(|config| {
            config.remove("route");
            let plugins = config["plugin"]["directory"].as_str().unwrap().to_owned();
            let plugin = config["plugin"].as_table_mut().unwrap();
            plugin.insert("cache_directory".to_owned(), format!("{plugins}/../cache/aot").into());
        })
        .start()
        .await;
    deployment.stop().await;
    let file = |name: &str| deployment.directory().join(name);
    assert_eq!(foreign(&file("patchbay.db")), 0);
    fs::remove_dir_all(file("cache")).unwrap();
    fs::set_permissions(file("patchbay.db"), fs::Permissions::from_mode(0o644)).unwrap();

    let host = HostProcess::beside(&deployment, "info").await;
    for name in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm", "cache", "cache/aot"] {
        assert_eq!(foreign(&file(name)), 0, "{name}");
    }
    let tightened = |line: &serde_json::Value| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("others could read or write it")
    };
    let line = host.line(tightened).await;
    assert!(line["file"].as_str().unwrap().ends_with("patchbay.db"), "{line}");
}
