//! The configuration file changes while the host runs: what can change does, all of it or nothing.

use std::fs;

use patchbay_tests::component::{guest, install};
use patchbay_tests::configuration;
use patchbay_tests::{Deployment, needs_cloudsim};
use toml::{Table, Value};

use crate::{PLUGIN, Stage, compute};

impl Stage {
    /// Changes the configuration file of the running host.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Table)) {
        let file = self.deployment.directory().join("process.toml");
        let mut table: Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        change(&mut table);
        self.write(&configuration::text(&table));
    }

    /// At once, as a deployment tool does.
    fn write(&self, text: &str) {
        let file = self.deployment.directory().join("process.toml");
        let part = file.with_extension("part");
        fs::write(&part, text).unwrap();
        fs::rename(part, file).unwrap();
    }
}

fn setting(table: &mut Table, key: &str, value: &str) {
    let settings = compute(table).entry("settings").or_insert_with(|| Table::new().into());
    settings.as_table_mut().unwrap().insert(key.to_owned(), value.into());
}

#[tokio::test]
async fn a_changed_setting_is_a_new_generation_of_the_same_component() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let before = stage.in_state("active").await;
    stage.edit(|table| setting(table, "colour", "red"));
    let applied = stage.event(0, "config-applied").await;
    let after = stage.in_state("active").await;
    assert!(after.number > before.number, "{after:?}");
    assert_eq!(after.digest, before.digest);
    assert!(applied.message.contains(&after.number.to_string()), "{}", applied.message);
    assert!(!applied.message.contains("restart"), "{}", applied.message);
    assert_eq!(stage.flavor("x").await.name, "x");
    assert_eq!(stage.in_state("retained").await.number, before.number);
}

#[tokio::test]
async fn a_bad_edit_changes_nothing() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let before = stage.in_state("active").await.number;
    let mut last = 0;
    type Edit = fn(&mut Table);
    let edits: [(Edit, &str); 3] = [
        (|table| drop(table.insert("colour".to_owned(), "red".into())), "colour"),
        (
            |table| {
                let upstreams = Table::from_iter([("openstack".to_owned(), Value::from("nowhere"))]);
                compute(table).insert("upstreams".to_owned(), upstreams.into());
            },
            "nowhere",
        ),
        // The hostile component then asks for a setting of that name.
        (|table| setting(table, "about", "password"), "the setting `password`"),
    ];
    let good = fs::read_to_string(stage.deployment.directory().join("process.toml")).unwrap();
    for (edit, reason) in edits {
        stage.write(&good);
        stage.edit(edit);
        let refused = stage.event(last, "config-refused").await;
        assert!(refused.message.contains(reason), "{}", refused.message);
        assert_eq!(stage.in_state("active").await.number, before);
        assert_eq!(stage.flavor("x").await.name, "x");
        last = refused.number;
    }
    stage.write("this is no TOML");
    stage.event(last, "config-refused").await;
    assert_eq!(stage.flavor("x").await.name, "x");
}

#[tokio::test]
async fn limits_change_and_what_cannot_is_told() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    stage.edit(|table| {
        let plugin = table["plugin"].as_table_mut().unwrap();
        plugin.insert("cache_value_bytes_max".to_owned(), 7.into());
        plugin.insert("call_ms_max".to_owned(), 300.into());
    });
    let applied = stage.event(0, "config-applied").await;
    assert!(applied.message.ends_with("restart: plugin.cache_value_bytes_max"), "{}", applied.message);
    assert_eq!(stage.flavor("sleep").await.code, 4, "within 300 ms, not a minute");
}

#[tokio::test]
async fn a_route_that_is_added_serves_and_one_that_is_gone_does_not() {
    needs_cloudsim!();
    let stage = Stage::start(Deployment::builder()).await;
    install(&guest("hostile"), &stage.deployment.plugins(), "compute-other");
    stage.edit(|table| drop(compute(table).insert("plugin".to_owned(), "compute-other".into())));
    stage.serves(true).await;
    let states = stage.generations().await;
    let nova = states.iter().find(|generation| generation.plugin == PLUGIN).unwrap();
    assert_ne!(nova.state, "active", "{nova:?}");
    stage.event(0, "gone").await;
}
