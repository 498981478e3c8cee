//! A deployment's configuration: what `cargo xtask up` writes too, as a table that tests may change.

use std::path::Path;

use toml::{Table, Value};

use crate::Cloud;

const OPENSTACK: &str = include_str!("../../docs/openstack.toml");

/// The configuration of a host whose files are in `directory`; ports are free ones.
///
/// # Panics
/// A path that is not UTF-8.
#[must_use]
pub fn table(cloud: &Cloud, directory: &Path, cache: &Path, owner: &str) -> Table {
    let (directory, cache) = (directory.display(), cache.display());
    let text = format!(
        r#"
grpc.listen = "127.0.0.1:0"
http.listen = "127.0.0.1:0"
database.url = "sqlite:{directory}/patchbay.db"
plugin = {{ directory = "{directory}/plugins", cache_directory = "{cache}" }}

[auth]
master_key = {{ file = "{directory}/master.key" }}
operator_token = {{ file = "{directory}/operator.token" }}
"#
    );
    let mut table: Table = text.parse().expect("TOML");
    table.extend(openstack(&cloud.auth_url, &cloud.region, &cloud.username, &cloud.project));
    let password = Table::from_iter([("file".to_owned(), format!("{directory}/cloud.password").into())]);
    table["upstream"]["cloud-admin"]["credential"]["password"] = password.into();
    let settings = routed(&mut table, "identity")["settings"].as_table_mut().expect("settings");
    settings.insert("owner".to_owned(), owner.into());
    table
}

/// The backends and routes of a host on one region of OpenStack; the administrator's password is `OS_PASSWORD`.
///
/// # Panics
/// A name that does not fit between quotes.
#[must_use]
pub fn openstack(auth_url: &str, region: &str, username: &str, project: &str) -> Table {
    let text = OPENSTACK
        .replace("@auth_url@", auth_url)
        .replace("@region@", region)
        .replace("@username@", username)
        .replace("@project@", project);
    text.parse().expect("TOML")
}

/// The route of a domain.
///
/// # Panics
/// There is none.
pub fn routed<'a>(table: &'a mut Table, domain: &str) -> &'a mut Value {
    let routes = table["route"].as_array_mut().expect("routes");
    routes.iter_mut().find(|route| route["domain"].as_str() == Some(domain)).expect("a route of the domain")
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
