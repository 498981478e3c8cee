//! `patchbay plugin …` as an operator types it: tables, JSON, exit status, and what is said when it goes wrong.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs};

use patchbay_tests::command::{command, patchbay};
use patchbay_tests::component::{guest, stamped};
use patchbay_tests::{Deployment, needs_cloudsim};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use crate::{PLUGIN, Stage, Who};

/// How long a line of `watch` may take to come.
const LINE_MAX: Duration = Duration::from_secs(30);

impl Stage {
    /// A file outside the plugin directory; its path.
    fn wasm(&self, name: &str, bytes: &[u8]) -> String {
        let path: PathBuf = self.deployment.directory().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn list_is_a_table_and_json() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await;
    let table = patchbay(&stage.deployment, &["plugin", "list"]).await;
    assert_eq!((table.status, table.err.as_str()), (0, ""), "{table:?}");
    let title = table.out.lines().next().unwrap();
    let row = table.out.lines().find(|line| line.contains(PLUGIN)).unwrap();
    assert!(row.contains(&format!("{PLUGIN}@{}", &nova.digest[..12])), "{row}");
    let begins = |line: &str, word: &str| line.find(word).unwrap();
    assert_eq!(begins(title, "PLUGIN"), begins(row, PLUGIN), "aligned:\n{}", table.out);
    assert_eq!(begins(title, "STATE"), begins(row, "active"), "aligned:\n{}", table.out);

    let json = patchbay(&stage.deployment, &["plugin", "list", "--json"]).await;
    let listed = &json.json()["generations"];
    let compute = listed.as_array().unwrap().iter().find(|g| g["domain"] == "compute").unwrap().clone();
    assert_eq!((&compute["number"], &compute["digest"]), (&nova.number.into(), &nova.digest.into()));
}

#[tokio::test]
async fn load_tells_each_step_and_switches_over() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let component = guest("hostile");
    let file = stage.wasm("compute-nova.wasm", &component);
    let loaded = patchbay(&stage.deployment, &["plugin", "load", &file]).await;
    assert_eq!(loaded.status, 0, "{loaded:?}");
    let bytes = component.len();
    assert_eq!(loaded.err, format!("sent {bytes} of {bytes} bytes\n"));
    for word in ["compile", "world", "about", "ms", "ok", "active"] {
        assert!(loaded.out.contains(word), "{word}: {}", loaded.out);
    }
    assert_eq!(stage.who().await, Who::Hostile);
}

#[tokio::test]
async fn load_of_a_broken_component_says_why_and_fails() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let file = stage.wasm("broken.wasm", b"these are words");
    let unnamed = patchbay(&stage.deployment, &["plugin", "load", &file]).await;
    assert_eq!(unnamed.status, 1);
    assert!(unnamed.err.contains("a route names") && unnamed.err.contains(PLUGIN), "{}", unnamed.err);
    let refused = patchbay(&stage.deployment, &["plugin", "load", &file, "--plugin", PLUGIN]).await;
    assert_eq!(refused.status, 1);
    assert!(refused.out.contains("not a component"), "{}", refused.out);
    assert!(refused.err.contains("what served goes on serving"), "{}", refused.err);
    let json = patchbay(&stage.deployment, &["plugin", "load", &file, "--plugin", PLUGIN, "--json"]).await;
    assert_eq!((json.status, &json.json()["generations"][0]["state"]), (1, &"refused".into()));
    let missing = patchbay(&stage.deployment, &["plugin", "load", "no-such-file.wasm"]).await;
    assert_eq!(missing.status, 1);
    assert!(missing.err.contains("no-such-file.wasm"), "{}", missing.err);
    assert_eq!(stage.who().await, Who::Nova);
}

#[tokio::test]
async fn over_and_back_by_number_and_by_digest() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await;
    let hostile = stage.load_hostile().await;
    let back = patchbay(&stage.deployment, &["plugin", "rollback", "compute", "--json"]).await;
    assert_eq!(back.json()["generation"]["number"], nova.number, "{back:?}");
    assert_eq!(stage.who().await, Who::Nova);
    let label = format!("{PLUGIN}@{}", &hostile.digest[..12]);
    let forth = patchbay(&stage.deployment, &["plugin", "activate", &label]).await;
    assert_eq!(forth.status, 0, "{forth:?}");
    assert!(forth.out.contains(&label), "{}", forth.out);
    assert_eq!(stage.who().await, Who::Hostile);
    let line = format!("compute/{}", nova.region);
    assert_eq!(patchbay(&stage.deployment, &["plugin", "rollback", &line]).await.status, 0);
    let number = hostile.number.to_string();
    assert_eq!(patchbay(&stage.deployment, &["plugin", "activate", &number]).await.status, 0);
    assert_eq!(stage.who().await, Who::Hostile);
    let unknown = patchbay(&stage.deployment, &["plugin", "activate", "compute-nova@ffff"]).await;
    assert_eq!(unknown.status, 1);
    assert!(unknown.err.contains("no such generation"), "{}", unknown.err);
}

#[tokio::test]
async fn route_shares_out_and_pins() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await.number;
    let hostile = stage.load_hostile().await.number;
    let (most, pin) = (format!("{hostile}=90"), format!("{}={nova}", stage.tenant.id));
    let some = format!("{nova}=10");
    let shared =
        ["plugin", "route", "compute", "--weight", &some, "--weight", &most, "--pin", &pin, "--json"];
    let shared = patchbay(&stage.deployment, &shared).await;
    assert_eq!(shared.status, 0, "{shared:?}");
    let listed = shared.json();
    let weight = |number: u64| {
        let found = listed["generations"].as_array().unwrap().iter().find(|g| g["number"] == number);
        found.unwrap()["weight"].clone()
    };
    assert_eq!((weight(nova), weight(hostile)), (10.into(), 90.into()));
    assert_eq!(stage.who().await, Who::Nova, "pinned");
    let all = format!("{hostile}=1");
    let unpin = ["plugin", "route", "compute", "--weight", &all, "--unpin", &stage.tenant.id];
    assert_eq!(patchbay(&stage.deployment, &unpin).await.status, 0);
    assert_eq!(stage.who().await, Who::Hostile);
    let nothing = patchbay(&stage.deployment, &["plugin", "route", "compute"]).await;
    assert_eq!(nothing.status, 2, "a mistake of the command line: {}", nothing.err);
}

#[tokio::test]
async fn watch_prints_a_line_an_event() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let mut watch = command(&stage.deployment, &["plugin", "watch", "--since", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let first = timeout(LINE_MAX, lines.next_line()).await.unwrap().unwrap().unwrap();
    assert!(first.starts_with("1  "), "{first}");
    let loaded = stage.load(&stamped(&guest("hostile"), "seen")).await;
    let fits = |line: &str| line.contains("activated") && line.contains(&loaded.digest[..12]);
    loop {
        let line = timeout(LINE_MAX, lines.next_line()).await.unwrap().unwrap().unwrap();
        if fits(&line) {
            break;
        }
    }
    watch.kill().await.unwrap();
}

#[tokio::test]
async fn inspect_shows_an_admission_and_a_file() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await;
    let shown = patchbay(&stage.deployment, &["plugin", "inspect", &nova.number.to_string()]).await;
    assert_eq!(shown.status, 0, "{shown:?}");
    for word in [nova.digest.as_str(), "STEP", "compile", "active since"] {
        assert!(shown.out.contains(word), "{word}: {}", shown.out);
    }
    let file = stage.wasm("any-name.wasm", &guest("hostile"));
    // No host is asked.
    let inspected = command(&stage.deployment, &["plugin", "inspect", &file, "--json"])
        .env("PATCHBAY_GRPC", "http://127.0.0.1:1")
        .stdout(Stdio::piped())
        .output()
        .await
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(json["fits"], serde_json::json!(["compute"]), "{json}");
    assert_eq!(json["size_bytes"], guest("hostile").len());
    let names = |key: &str, part: &str| {
        json[key].as_array().unwrap().iter().any(|name| name.as_str().unwrap().contains(part))
    };
    assert!(
        names("exports", "patchbay:compute/flavors") && names("imports", "patchbay:host/upstream"),
        "{json}"
    );
    let words = stage.wasm("words.wasm", b"these are words");
    let refused = patchbay(&stage.deployment, &["plugin", "inspect", &words]).await;
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("not a component"), "{}", refused.err);
}

#[tokio::test]
async fn who_is_not_the_operator_learns_nothing() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    for token in ["wrong", ""] {
        let mut list = command(&deployment, &["plugin", "list"]);
        let refused = list.env("PATCHBAY_OPERATOR_TOKEN", token).output().await.unwrap();
        let err = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{err}");
        assert!(err.contains("(16)") && err.contains("operator's bearer token"), "{err}");
        assert!(err.contains("x-request-id: req-"), "{err}");
    }
    assert!(env::var_os("PATCHBAY_OPERATOR_TOKEN").is_none(), "tests bring their own");
}
