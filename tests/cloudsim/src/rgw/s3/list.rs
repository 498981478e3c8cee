//! What is in a bucket, a page at a time, in both versions of the list.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::super::access::{self, Action};
use super::super::bucket::{Bucket, Object, millis};
use super::super::refusal::{Code, Outcome};
use super::super::user::User;
use super::super::xml::Owner;
use super::super::zone::Zone;
use super::{Request, document};
use crate::call::Call;

/// Keys of a page, where the query names no bound, and the most.
const PAGE: usize = 1000;
/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// What is asked for.
struct Query<'a> {
    second: bool,
    prefix: &'a str,
    delimiter: &'a str,
    /// Only what comes behind this.
    after: &'a str,
    most: usize,
    encoded: bool,
    with_owner: bool,
}

/// What is found.
#[derive(Default)]
struct Page<'a> {
    objects: Vec<(&'a str, &'a Object)>,
    prefixes: BTreeSet<&'a str>,
    /// Where the next page begins, if there is one.
    last: Option<&'a str>,
}

pub(super) fn objects(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::ListBucket)?;
    let query = query(request.call)?;
    let page = page(bucket, &query);
    let owner = |object: &Object| zone.users.get(&object.owner).map(User::owner);
    Ok(document("ListBucketResult", shown(bucket, &query, &page, owner)))
}

fn query(call: &Call) -> Result<Query<'_>, Code> {
    let text = |name| call.query(name).unwrap_or_default();
    let second = text("list-type") == "2";
    let most = call.query("max-keys").map_or(Ok(PAGE as i64), str::parse::<i64>);
    let most = most.map_err(|_| Code::InvalidArgument)?;
    let after = ["continuation-token", "start-after"].into_iter().find_map(|name| call.query(name));
    Ok(Query {
        second,
        prefix: text("prefix"),
        delimiter: text("delimiter"),
        after: if second { after.unwrap_or_default() } else { text("marker") },
        most: usize::try_from(most).unwrap_or(0).min(PAGE),
        encoded: text("encoding-type") == "url",
        with_owner: !second || text("fetch-owner") == "true",
    })
}

fn page<'a>(bucket: &'a Bucket, query: &Query<'_>) -> Page<'a> {
    let mut page = Page::default();
    let mut last = None;
    if query.most == 0 {
        return page;
    }
    for (key, object) in bucket.objects.iter().filter(|(key, _)| key.starts_with(query.prefix)) {
        let place = common(key, query).unwrap_or(key);
        if place <= query.after || page.prefixes.contains(place) {
            continue;
        }
        if page.objects.len() + page.prefixes.len() == query.most {
            page.last = last;
            break;
        }
        last = Some(place);
        if place.len() < key.len() || (!query.delimiter.is_empty() && place.ends_with(query.delimiter)) {
            page.prefixes.insert(place);
        } else {
            page.objects.push((key, object));
        }
    }
    page
}

/// The part of a key up to the first delimiter behind the prefix.
fn common<'a>(key: &'a str, query: &Query<'_>) -> Option<&'a str> {
    let rest = &key[query.prefix.len()..];
    let at = Some(query.delimiter).filter(|delimiter| !delimiter.is_empty()).and_then(|d| rest.find(d))?;
    Some(&key[..query.prefix.len() + at + query.delimiter.len()])
}

fn shown<'a>(
    bucket: &'a Bucket,
    query: &Query<'a>,
    page: &Page<'a>,
    owner: impl Fn(&Object) -> Option<Owner>,
) -> Shown<'a> {
    let given = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    let key = |key: &str| {
        if query.encoded { utf8_percent_encode(key, PLAIN).to_string() } else { key.to_owned() }
    };
    let contents = |(name, object): &(&str, &'a Object)| Contents {
        key: key(name),
        last_modified: millis(object.modified),
        e_tag: &object.etag,
        size: object.body.len(),
        storage_class: "STANDARD",
        owner: query.with_owner.then(|| owner(object)).flatten(),
        kind: "Normal",
    };
    Shown {
        encoding_type: query.encoded.then_some("url"),
        name: &bucket.name,
        prefix: query.prefix,
        max_keys: query.most,
        delimiter: given(query.delimiter),
        is_truncated: page.last.is_some(),
        common_prefixes: page.prefixes.iter().map(|prefix| Prefix { prefix: key(prefix) }).collect(),
        contents: page.objects.iter().map(contents).collect(),
        next_continuation_token: page.last.filter(|_| query.second),
        key_count: query.second.then(|| page.objects.len() + page.prefixes.len()),
        marker: (!query.second).then_some(query.after),
        next_marker: page.last.filter(|_| !query.second),
    }
}

/// In the gateway's order; the last four differ from version to version.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding_type: Option<&'static str>,
    name: &'a str,
    prefix: &'a str,
    max_keys: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<&'a str>,
    is_truncated: bool,
    common_prefixes: Vec<Prefix>,
    contents: Vec<Contents<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_continuation_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Prefix {
    prefix: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Contents<'a> {
    key: String,
    last_modified: String,
    e_tag: &'a str,
    size: usize,
    storage_class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Owner>,
    #[serde(rename = "Type")]
    kind: &'static str,
}
