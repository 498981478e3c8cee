//! What is in a bucket, a page at a time, in both versions of the list.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::access::{self, Action};
use super::super::bucket::{Bucket, Object, millis};
use super::super::refusal::{Code, Outcome};
use super::super::xml;
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
    let owner = |object: &Object| zone.users.get(&object.owner).map(|user| user.owner()).unwrap_or_default();
    let parts =
        [head(bucket, &query, page.last.is_some()), content(&page, &query, owner), tail(&page, &query)];
    Ok(document("ListBucketResult", &parts.concat()))
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

fn head(bucket: &Bucket, query: &Query<'_>, truncated: bool) -> String {
    let optional = |name, text: &str| if text.is_empty() { String::new() } else { xml::element(name, text) };
    [
        optional("EncodingType", if query.encoded { "url" } else { "" }),
        xml::element("Name", &bucket.name),
        xml::element("Prefix", query.prefix),
        xml::element("MaxKeys", &query.most.to_string()),
        optional("Delimiter", query.delimiter),
        xml::element("IsTruncated", if truncated { "true" } else { "false" }),
    ]
    .concat()
}

fn content(page: &Page<'_>, query: &Query<'_>, owner: impl Fn(&Object) -> String) -> String {
    let key = |key: &str| {
        if query.encoded { utf8_percent_encode(key, PLAIN).to_string() } else { key.to_owned() }
    };
    let prefix = |prefix: &&str| xml::nested("CommonPrefixes", &xml::element("Prefix", &key(prefix)));
    let object = |(name, object): &(&str, &Object)| {
        let owner = if query.with_owner { xml::nested("Owner", &owner(object)) } else { String::new() };
        let parts = [
            xml::element("Key", &key(name)),
            xml::element("LastModified", &millis(object.modified)),
            xml::element("ETag", &object.etag),
            xml::element("Size", &object.body.len().to_string()),
            xml::element("StorageClass", "STANDARD"),
            owner,
            xml::element("Type", "Normal"),
        ];
        xml::nested("Contents", &parts.concat())
    };
    page.prefixes.iter().map(prefix).chain(page.objects.iter().map(object)).collect()
}

fn tail(page: &Page<'_>, query: &Query<'_>) -> String {
    let next = |name| page.last.map(|last| xml::element(name, last)).unwrap_or_default();
    if query.second {
        let count = page.objects.len() + page.prefixes.len();
        return next("NextContinuationToken") + &xml::element("KeyCount", &count.to_string());
    }
    xml::element("Marker", query.after) + &next("NextMarker")
}
