//! `bucket_policy`: the three words as S3's bucket policies, written and read with the account's key. A canned ACL would
//! not open the objects that are in the bucket.

use patchbay_sdk::Error;
use serde_json::{Value, json};

use crate::account::Account;
use crate::gateway::{found, s3};

/// Nobody but the account.
pub(crate) const PRIVATE: &str = "private";
const PUBLIC_RO: &str = "public-ro";
const PUBLIC_RW: &str = "public-rw";
/// Rules that somebody else wrote.
const CUSTOM: &str = "custom";

/// The policy that the gateway has for the bucket.
pub(crate) async fn read(account: &Account, bucket: &str) -> Result<&'static str, Error> {
    let answer = account.send(s3("GET", bucket).query("policy", "")).await;
    let Some(answer) = found(answer, "NoSuchBucketPolicy")? else { return Ok(PRIVATE) };
    // What is no JSON is none of ours either.
    Ok(answer.json().map_or(CUSTOM, |document| word(&document, bucket)))
}

/// Writes it; a new bucket is private without.
pub(crate) async fn write(account: &Account, bucket: &str, word: &str) -> Result<(), Error> {
    let Some(document) = document(word, bucket) else { return Ok(()) };
    account.send(s3("PUT", bucket).query("policy", "").json(&document)?).await?;
    Ok(())
}

/// None is needed where nobody else may do anything.
fn document(word: &str, bucket: &str) -> Option<Value> {
    let objects = match word {
        PUBLIC_RO => json!(["s3:GetObject"]),
        PUBLIC_RW => json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]),
        _ => return None,
    };
    let allow = |actions: Value, resource: String| json!({"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resource});
    let bucket = format!("arn:aws:s3:::{bucket}");
    let everything = format!("{bucket}/*");
    let statements = [allow(json!(["s3:ListBucket"]), bucket), allow(objects, everything)];
    Some(json!({"Version": "2012-10-17", "Statement": statements}))
}

fn word(found: &Value, bucket: &str) -> &'static str {
    let is = |word: &&str| document(word, bucket).is_some_and(|document| document == *found);
    let no_rules = || found["Statement"].as_array().is_some_and(Vec::is_empty);
    match [PUBLIC_RO, PUBLIC_RW].into_iter().find(is) {
        Some(word) => word,
        None if no_rules() => PRIVATE,
        None => CUSTOM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_known_again() {
        for policy in [PUBLIC_RO, PUBLIC_RW] {
            let document = document(policy, "b").unwrap();
            assert_eq!(word(&document, "b"), policy);
            assert_eq!(word(&document, "other"), CUSTOM, "it opens another bucket");
        }
        assert!(document(PRIVATE, "b").is_none());
        assert_eq!(word(&json!({"Version": "2012-10-17", "Statement": []}), "b"), PRIVATE);
        assert_eq!(word(&json!({}), "b"), CUSTOM);
    }
}
