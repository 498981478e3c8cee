//! Buckets: finding, making and removing them, and what is told of them. Whom they are open to is in `policy`.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Entries, Id, Maybe, Text, Time};
use patchbay_sdk::s3::Refusal;
use patchbay_sdk::{Error, Page, join_all, oss};
use serde::Deserialize;

use crate::account::Account;
use crate::gateway::{admin, ask, found, s3};
use crate::limits::Use;
use crate::policy;

/// A bucket as the gateway shows it.
#[derive(Deserialize)]
pub(crate) struct Bucket {
    #[serde(rename = "bucket")]
    name: Id,
    pub(crate) owner: Text,
    creation_time: Time,
    /// By the kind of objects; empty where there are none.
    usage: Entries<Maybe<Use>>,
}

/// The kind of objects that clients have stored.
const STORED: &str = "rgw.main";

/// The bucket, whoever has it.
pub(crate) async fn look(name: &str) -> Result<Option<Bucket>, Error> {
    let answer = ask(admin("GET", "bucket").query("bucket", name).query("stats", true)).await;
    found(answer, "NoSuchBucket")?.map(|answer| answer.json()).transpose()
}

/// The account's bucket; another's is none.
pub(crate) async fn owned(uid: &str, name: &str) -> Result<Bucket, Error> {
    let found = look(name).await?.filter(|bucket| bucket.owner == *uid);
    found.ok_or_else(|| Error::public(kind::NOT_FOUND, format_args!("There is no bucket {name}.")))
}

/// The names of an account's buckets, in order.
pub(crate) async fn names(uid: &str) -> Result<Vec<String>, Error> {
    let answer = ask(admin("GET", "bucket").query("uid", uid)).await?;
    let mut names: Vec<String> = answer.json::<Vec<Text>>()?.into_iter().filter_map(Text::some).collect();
    names.sort_unstable();
    Ok(names)
}

/// One page of an account's buckets; what goes meanwhile is left out.
pub(crate) async fn page(
    account: &Account,
    names: Vec<String>,
    page: Page,
) -> Result<Vec<oss::Bucket>, Error> {
    let (number, size) = (page.number.max(1) as usize, page.size as usize);
    let names = names.into_iter().skip((number - 1).saturating_mul(size)).take(size);
    let shown =
        join_all(names.map(async |name| shown(account, owned(&account.uid, &name).await?).await)).await;
    let is_there = |bucket: &Result<oss::Bucket, Error>| {
        bucket.as_ref().err().is_none_or(|error| !error.is(kind::NOT_FOUND))
    };
    shown.into_iter().filter(is_there).collect()
}

/// As the contract's bucket.
pub(crate) async fn shown(account: &Account, bucket: Bucket) -> Result<oss::Bucket, Error> {
    let policy = policy::read(account, &bucket.name).await?;
    let used = bucket.usage.get(STORED).and_then(Maybe::as_ref);
    Ok(oss::Bucket {
        name: bucket.name.into(),
        policy: policy.into(),
        size: used.map_or(0, Use::gib),
        objects: used.map_or(0, Use::objects),
        owner: bucket.owner.into(),
        created_at: bucket.creation_time.into(),
    })
}

/// Makes it; the account's own is as good as made. The class is that of objects which name none.
pub(crate) async fn make(account: &Account, name: &str, storage_class: &str) -> Result<(), Error> {
    let request = match storage_class {
        "" => s3("PUT", name),
        class => s3("PUT", name).header("x-amz-storage-class", class),
    };
    match account.send(request).await {
        // By an earlier request, whose answer was lost: nobody had it before.
        Err(refusal) if refusal.says("BucketAlreadyOwnedByYou") => Ok(()),
        answer => answer.map(drop).map_err(|refusal| refused(refusal, name, storage_class)),
    }
}

/// Removes the account's bucket if nothing is in it.
pub(crate) async fn undo(uid: &str, name: &str) -> Result<(), Error> {
    if look(name).await?.is_none_or(|bucket| bucket.owner != *uid) {
        return Ok(());
    }
    match ask(admin("DELETE", "bucket").query("bucket", name)).await {
        Err(refusal) if refusal.says("BucketNotEmpty") => Ok(()),
        answer => found(answer, "NoSuchBucket").map(drop),
    }
}

/// The name is somebody's. It is not said whose.
pub(crate) fn taken(name: &str) -> Error {
    Error::public(kind::EXISTS, format_args!("bucket_name: {name} is taken."))
}

fn refused(refusal: Refusal, name: &str, storage_class: &str) -> Error {
    match refusal.code.as_str() {
        "BucketAlreadyExists" => taken(name),
        "TooManyBuckets" => refusal.error.explain(kind::QUOTA, "The account has as many buckets as it may."),
        // In this version the gateway has no other word for it.
        "InvalidArgument" if !storage_class.is_empty() => {
            let sentence = format_args!("storege_type: the gateway has no storage class {storage_class}.");
            refusal.error.explain(kind::INVALID, sentence)
        }
        _ => refusal
            .error
            .explain(kind::INVALID, format_args!("bucket_name: the gateway does not accept {name}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_bucket_has_no_use() {
        let shown = r#"{"bucket":"b","tenant":"","owner":"t-0000000001.u","usage":{},
            "creation_time":"2026-11-23T18:58:43.168176Z","mtime":"2026-11-23T18:58:43.171836Z"}"#;
        let bucket: Bucket = serde_json::from_str(shown).unwrap();
        assert!(bucket.usage.is_empty());
        assert_eq!((bucket.name.as_str(), &*bucket.creation_time), ("b", "2026-11-23T18:58:43Z"));
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (code, was, class, kind, says) in [
            ("BucketAlreadyExists", kind::EXISTS, "", kind::EXISTS, "bucket_name"),
            ("InvalidBucketName", kind::INVALID, "GOLD", kind::INVALID, "bucket_name"),
            ("", kind::INVALID, "", kind::INVALID, "bucket_name"),
            ("InvalidArgument", kind::INVALID, "GOLD", kind::INVALID, "storege_type"),
            ("TooManyBuckets", kind::QUOTA, "", kind::QUOTA, "as many buckets"),
        ] {
            let refusal = Refusal { code: code.into(), error: Error::hidden(was, "") };
            let error = refused(refusal, "b", class);
            assert!(error.is(kind) && error.public && error.message.contains(says), "{code}: {error:?}");
        }
    }
}
