//! A deployment's configuration: what `cargo xtask up` writes too, as a table that tests may change.

use std::path::Path;

use cloudsim::{ARRAY_AGGREGATE, ARRAY_SVM, ARRAY_USERNAME};
use toml::{Table, Value};

use crate::Cloud;

const OPENSTACK: &str = include_str!("../../xtask/templates/openstack.toml");
const CEPH: &str = include_str!("../../xtask/templates/ceph.toml");
const ONTAP: &str = include_str!("../../xtask/templates/ontap.toml");

/// Where one tenant stands for all of a platform's: as many requests a second as the host can answer.
pub const NO_RATE: &str = "tenant = { requests_per_second = 1000000, requests_burst = 1000000 }";

/// The configuration of a host whose files are in `directory`; ports are free ones.
///
/// # Panics
/// If a path is not UTF-8.
#[must_use]
pub fn table(cloud: &Cloud, directory: &Path, cache: &Path, owner: &str) -> Table {
    let (directory, cache) = (directory.display(), cache.display());
    let text = format!(
        r#"
grpc.listen = "127.0.0.1:0"
http.listen = "127.0.0.1:0"
database.url = "sqlite:{directory}/patchbay.db"
plugin = {{ directory = "{directory}/plugins", cache_directory = "{cache}" }}
{NO_RATE}

[auth]
master_key = {{ file = "{directory}/master.key" }}
operator_token = {{ file = "{directory}/operator.token" }}
"#
    );
    let mut table: Table = text.parse().expect("TOML");
    let [one, two] = &cloud.gateways;
    let filled = [
        ("auth_url", cloud.auth_url.as_str()),
        ("region", &cloud.region),
        ("username", &cloud.username),
        ("project", &cloud.project),
        ("endpoint_1", &one.endpoint),
        ("zonegroup_1", &one.region),
        ("endpoint_2", &two.endpoint),
        ("zonegroup_2", &two.region),
        ("array", &cloud.array),
        ("array_username", ARRAY_USERNAME),
        ("svm", ARRAY_SVM),
        ("aggregate", ARRAY_AGGREGATE),
    ];
    table.extend(fill(&[OPENSTACK, CEPH, ONTAP], &filled));
    let file = |name: &str| Table::from_iter([("file".to_owned(), format!("{directory}/{name}").into())]);
    table["upstream"]["cloud-admin"]["credential"]["password"] = file("cloud.password").into();
    table["upstream"]["array"]["credential"]["basic"]["password"] = file("array.password").into();
    for gateway in ["ceph-1", "ceph-2"] {
        for key in ["access_key", "secret_key"] {
            let secret = file(&format!("{gateway}.{key}"));
            table["upstream"][gateway]["credential"][key] = secret.into();
        }
    }
    let settings = routed(&mut table, "identity")["settings"].as_table_mut().expect("settings");
    settings.insert("owner".to_owned(), owner.into());
    table
}

/// The backends and routes of a host on one region of OpenStack; the administrator's password is `OS_PASSWORD`.
///
/// # Panics
/// If a name does not fit between quotes.
#[must_use]
pub fn openstack(auth_url: &str, region: &str, username: &str, project: &str) -> Table {
    let filled = [("auth_url", auth_url), ("region", region), ("username", username), ("project", project)];
    fill(&[OPENSTACK], &filled)
}

/// The templates of `xtask/templates/` one after the other, with a value for each word between two `@`.
fn fill(templates: &[&str], values: &[(&str, &str)]) -> Table {
    let filled = |text: String, (word, value): &(&str, &str)| text.replace(&format!("@{word}@"), value);
    values.iter().fold(templates.join("\n"), filled).parse().expect("TOML")
}

/// The route of a domain.
///
/// # Panics
/// If there is none.
pub fn routed<'a>(table: &'a mut Table, domain: &str) -> &'a mut Value {
    let routes = table["route"].as_array_mut().expect("routes");
    routes.iter_mut().find(|route| route["domain"].as_str() == Some(domain)).expect("a route of the domain")
}

/// Gives the array's plugin, which serves the second region, a route in the first one too: it stands by there.
///
/// # Panics
/// If one of the plugins for shares has no route.
pub fn array_stands_by(table: &mut Table) {
    let routes = table["route"].as_array_mut().expect("routes");
    let of = |plugin| move |route: &&Value| route["plugin"].as_str() == Some(plugin);
    let region = routes.iter().find(of("nas-manila")).expect("Manila's route")["region"].clone();
    let mut array = routes.iter().find(of("nas-ontap")).expect("the array's route").clone();
    array["region"] = region;
    routes.push(array);
}

/// The table as TOML, a line for each of its keys.
#[must_use]
pub fn text(table: &Table) -> String {
    table.iter().map(|(key, value)| format!("{key:?} = {}\n", inline(value))).collect()
}

/// TOML's basic strings are escaped as JSON's are.
fn inline(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let pairs: Vec<_> =
                table.iter().map(|(key, value)| format!("{key:?} = {}", inline(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => serde_json::json!(text).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Boolean(word) => word.to_string(),
        Value::Datetime(at) => at.to_string(),
    }
}
