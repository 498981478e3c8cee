//! The storage array of the second region as its administrator sees it: what tests compare answers with.

use cloudsim::{ARRAY_PASSWORD, ARRAY_USERNAME};
use reqwest::Client;
use serde_json::Value;

/// An array and its administrator.
pub struct Array {
    http: Client,
    url: String,
}

impl Array {
    /// The one at this address.
    ///
    /// # Panics
    /// If no HTTP client can be made.
    #[must_use]
    pub fn at(url: &str) -> Self {
        // An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: Client::builder().no_proxy().build().expect("a client"), url: url.to_owned() }
    }

    /// The records of a list: `list("storage/volumes?fields=size")`.
    ///
    /// # Panics
    /// If there is no such list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let request = self.http.get(format!("{}/api/{path}", self.url));
        let request = request.basic_auth(ARRAY_USERNAME, Some(ARRAY_PASSWORD));
        let answer: Value = request.send().await.expect("the array answers").json().await.expect("JSON");
        answer["records"].as_array().unwrap_or_else(|| panic!("{path} has no records: {answer}")).clone()
    }

    /// A tenant's volumes, in full.
    pub async fn volumes(&self, tenant_id: &str) -> Vec<Value> {
        self.list(&format!("storage/volumes?fields=**&comment=*{tenant_id}*")).await
    }

    /// The export policies that no volume names, but for the array's own.
    pub async fn idle_policies(&self) -> Vec<Value> {
        let volumes = self.list("storage/volumes?fields=nas").await;
        let is_named = |policy: &Value| {
            volumes.iter().any(|volume| volume["nas"]["export_policy"]["name"] == policy["name"])
        };
        let mut policies = self.list("protocols/nfs/export-policies").await;
        policies.retain(|policy| policy["name"] != "default" && !is_named(policy));
        policies
    }
}
