//! A deployment's configuration: what `cargo xtask up` writes too, as a table that tests may change.

use std::path::Path;

use toml::{Table, Value};

use crate::Cloud;

/// The configuration of a host whose files are in `directory`; ports are free ones.
///
/// # Panics
/// A path that is not UTF-8.
#[must_use]
pub fn table(cloud: &Cloud, directory: &Path, cache: &Path, owner: &str) -> Table {
    let Cloud { auth_url, region, username, project, .. } = cloud;
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

[upstream.cloud]
kind = "openstack"
auth_url = "{auth_url}"
region = "{region}"
credential = "tenant"

[upstream.cloud-admin]
kind = "openstack"
auth_url = "{auth_url}"
region = "{region}"
credential = {{ username = "{username}", password = {{ file = "{directory}/cloud.password" }}, user_domain = "default", project = "{project}", project_domain = "default" }}

[[route]]
domain = "identity"
region = "{region}"
plugin = "identity-keystone"
upstreams = {{ openstack = "cloud-admin" }}
settings = {{ member_role = "member", owner = "{owner}" }}

[[route]]
domain = "compute"
region = "{region}"
plugin = "compute-nova"
upstreams = {{ openstack = "cloud", openstack-admin = "cloud-admin" }}

[[route]]
domain = "storage"
region = "{region}"
plugin = "storage-cinder"
upstreams = {{ openstack = "cloud" }}
"#
    );
    text.parse().expect("TOML")
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
