//! The configurations: the host takes each, and `every-key.toml` has every key, with the value that it has where it is left
//! out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use patchbay_server::Config;
use patchbay_tests::configuration::text;
use toml::{Table, Value};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/config");
/// Keys without a default, or with one that depends on what else there is.
const WITHOUT_DEFAULT: [&str; 19] = [
    "auth_url",
    "base_url",
    "ca_file",
    "certificate_file",
    "domain",
    "failures_excess_percent",
    "file",
    "key_file",
    "kind",
    "name",
    "operators_file",
    "percent",
    "plugin",
    "promote_after_ms",
    "region",
    "reuse",
    "upstream",
    "url",
    "weight",
];
/// The same where they are tables, or may be.
const WHOLE: [&str; 8] =
    ["credential", "limits", "master_key", "operator_token", "password", "settings", "tls", "upstreams"];
/// What the host keeps beside what is configured, and the name that it has for `route`.
const INTERNAL: [&str; 6] = ["compiler", "file", "routes", "source", "table", "text"];

fn every_key() -> Table {
    fs::read_to_string(Path::new(DIRECTORY).join("every-key.toml")).unwrap().parse().unwrap()
}

/// As the host understands it, a line a field.
fn understood(table: &Table) -> String {
    let mut config = Config::parse(&text(table)).unwrap();
    config.source = Default::default();
    format!("{config:#?}")
}

/// Leaves out what may be left out.
fn shorten(table: &mut Table) {
    table.retain(|key, value| match value {
        Value::Table(inner) if !WHOLE.contains(&key) => {
            shorten(inner);
            true
        }
        Value::Array(routes) => {
            routes.iter_mut().filter_map(Value::as_table_mut).for_each(shorten);
            true
        }
        _ => WHOLE.contains(&key) || WITHOUT_DEFAULT.contains(&key),
    });
}

fn keys<'a>(table: &'a Table, found: &mut BTreeSet<&'a str>) {
    for (key, value) in table {
        found.insert(key);
        match value {
            Value::Table(inner) => keys(inner, found),
            Value::Array(routes) => {
                routes.iter().filter_map(Value::as_table).for_each(|route| keys(route, found));
            }
            _ => {}
        }
    }
}

#[test]
fn the_host_takes_each() {
    let files: Vec<_> = fs::read_dir(DIRECTORY).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.iter().any(|file| file.ends_with("openstack.toml")), "{files:?}");
    for file in files {
        Config::read(&file).unwrap();
    }
}

#[test]
fn what_is_told_as_a_default_is_the_default() {
    let whole = every_key();
    let mut short = whole.clone();
    shorten(&mut short);
    assert_eq!(short["operation"], Value::Table(Table::new()), "all of it may be left out");
    assert_eq!(understood(&short), understood(&whole));
}

#[test]
fn no_key_is_left_out() {
    let table = every_key();
    let mut told = BTreeSet::new();
    keys(&table, &mut told);
    let understood = understood(&table);
    let names =
        understood.lines().filter_map(|line| line.trim_start().split_once(": ")).map(|(name, _)| name);
    let plain = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let missing: Vec<_> =
        names.filter(plain).filter(|name| !told.contains(name) && !INTERNAL.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
