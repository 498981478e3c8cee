//! One object gateway as its administrator and as S3's clients see it: what tests compare answers with. Addresses are
//! signed by an S3 library of its own, which knows nothing of how the host signs. The same on both clouds.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Url};
use rusty_s3::{Bucket, Method, UrlStyle, signing};
use serde_json::Value;

/// How long a signed address is good for.
pub const SIGNED: Duration = Duration::from_secs(60);

/// A gateway and its administrator's key.
pub struct Gateway {
    http: Client,
    at: cloudsim::Gateway,
}

impl Gateway {
    /// Of a cloud's.
    ///
    /// # Panics
    /// If no HTTP client can be made.
    #[must_use]
    pub fn of(gateway: &cloudsim::Gateway) -> Self {
        // An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: Client::builder().no_proxy().build().expect("a client"), at: gateway.clone() }
    }

    /// Where it is, as clients are told.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.at.endpoint
    }

    /// What nobody is told.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.at.secret_key
    }

    /// A bucket as clients name it.
    ///
    /// # Panics
    /// If the name cannot be in an address.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Bucket {
        let (name, region) = (name.to_owned(), self.at.region.clone());
        Bucket::new(self.url(), UrlStyle::Path, name, region).expect("a bucket's address")
    }

    /// What an address answers: the status and the body.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn send(&self, method: Method, url: Url, body: impl Into<reqwest::Body>) -> (u16, String) {
        let method = method.to_str().parse().expect("a method");
        let answer = self.http.request(method, url).body(body).send().await.expect("the gateway answers");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    /// What the administrator is answered on `admin/PATH`; `null` where there is no JSON.
    pub async fn admin(&self, method: Method, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        let mut url = self.url();
        url.set_path(&format!("admin/{path}"));
        let mut query = query.to_vec();
        query.sort_unstable();
        let cloudsim::Gateway { region, access_key, secret_key, .. } = &self.at;
        let (now, seconds) = (Timestamp::now(), SIGNED.as_secs());
        let (query, none) = (query.into_iter(), std::iter::empty());
        let url =
            signing::sign(&now, method, url, access_key, secret_key, None, region, seconds, query, none);
        let (status, body) = self.send(method, url, "").await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// The accounts of a tenant, by their uids, in order.
    pub async fn accounts(&self, tenant: &str) -> Vec<String> {
        let (_, users) = self.admin(Method::Get, "metadata/user", &[]).await;
        let users = users.as_array().expect("users").iter().filter_map(Value::as_str);
        let mut own: Vec<_> =
            users.filter(|uid| uid.starts_with(&format!("{tenant}."))).map(str::to_owned).collect();
        own.sort();
        own
    }

    /// An account as the administrator sees it, with what it holds now; `null` where there is none.
    pub async fn account(&self, uid: &str) -> Value {
        let query = [("uid", uid), ("stats", "true"), ("sync", "true")];
        let (status, account) = self.admin(Method::Get, "user", &query).await;
        if status == 404 { Value::Null } else { account }
    }

    /// An account's buckets, in full.
    pub async fn buckets(&self, uid: &str) -> Vec<Value> {
        let (_, buckets) = self.admin(Method::Get, "bucket", &[("uid", uid), ("stats", "true")]).await;
        buckets.as_array().expect("buckets").clone()
    }

    /// Removes a tenant's accounts with all that is theirs.
    pub async fn remove(&self, tenant: &str) {
        for uid in self.accounts(tenant).await {
            self.admin(Method::Delete, "user", &[("uid", &uid), ("purge-data", "true")]).await;
        }
    }

    fn url(&self) -> Url {
        self.endpoint().parse().expect("an address")
    }
}
