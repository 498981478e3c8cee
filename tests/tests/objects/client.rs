//! A client of S3 on one bucket: an S3 library that is not the host's, with a key or with none.

use patchbay_tests::gateway::{Gateway, SIGNED};
use rusty_s3::{Bucket, Credentials, Method, S3Action as _, signing};
use serde_json::Value;

/// A client of one bucket.
pub(crate) struct Client<'a> {
    gateway: &'a Gateway,
    bucket: Bucket,
    key: Option<Credentials>,
}

impl<'a> Client<'a> {
    /// With a key.
    pub(crate) fn new(gateway: &'a Gateway, bucket: &str, access_key: &str, secret_key: &str) -> Self {
        let key = Some(Credentials::new(access_key, secret_key));
        Self { gateway, bucket: gateway.bucket(bucket), key }
    }

    /// With none.
    pub(crate) fn anonymous(gateway: &'a Gateway, bucket: &str) -> Self {
        Self { gateway, bucket: gateway.bucket(bucket), key: None }
    }

    /// Writes an object; the status, and the refusal.
    pub(crate) async fn put(&self, object: &str, content: &str) -> (u16, String) {
        let url = self.bucket.put_object(self.key.as_ref(), object).sign(SIGNED);
        self.gateway.send(Method::Put, url, content.to_owned()).await
    }

    /// Reads one; the status, and the content.
    pub(crate) async fn get(&self, object: &str) -> (u16, String) {
        let url = self.bucket.get_object(self.key.as_ref(), object).sign(SIGNED);
        self.gateway.send(Method::Get, url, "").await
    }

    /// Removes one.
    pub(crate) async fn delete(&self, object: &str) -> u16 {
        let url = self.bucket.delete_object(self.key.as_ref(), object).sign(SIGNED);
        self.gateway.send(Method::Delete, url, "").await.0
    }

    /// Whether the objects are listed.
    pub(crate) async fn list(&self) -> u16 {
        let url = self.signed(Method::Get, &[]);
        self.gateway.send(Method::Get, url, "").await.0
    }

    /// Gives the bucket a policy; `null` takes it away.
    pub(crate) async fn set_policy(&self, document: &Value) -> u16 {
        let method = if document.is_null() { Method::Delete } else { Method::Put };
        let url = self.signed(method, &[("policy", "")]);
        self.gateway.send(method, url, document.to_string()).await.0
    }

    /// An address of the bucket itself.
    fn signed(&self, method: Method, query: &[(&str, &str)]) -> reqwest::Url {
        let url = self.bucket.base_url().clone();
        let Some(key) = &self.key else { return url };
        let (query, none) = (query.iter().copied(), std::iter::empty());
        let (now, seconds) = (jiff::Timestamp::now(), SIGNED.as_secs());
        signing::sign(
            &now,
            method,
            url,
            key.key(),
            key.secret(),
            None,
            self.bucket.region(),
            seconds,
            query,
            none,
        )
    }
}
