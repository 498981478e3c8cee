//! Bucket policies: what a gateway takes for one, and what it says of a call. Conditions are not known here.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde::Deserialize;

use super::refusal::Code;

/// The versions of the language.
const VERSIONS: [&str; 2] = ["2008-10-17", "2012-10-17"];

/// The actions that a policy may name; one that is none is refused.
const ACTIONS: [&str; 34] = [
    "AbortMultipartUpload",
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetLifecycleConfiguration",
    "GetObject",
    "GetObjectAcl",
    "GetObjectTagging",
    "GetObjectVersion",
    "ListAllMyBuckets",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListMultipartUploadParts",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketPolicy",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutLifecycleConfiguration",
    "PutObject",
    "PutObjectAcl",
];

/// As it was sent, and what it means.
pub(super) struct Policy {
    pub(super) text: Bytes,
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: Option<String>,
    #[allow(dead_code, reason = "any name will do")]
    id: Option<String>,
    #[serde(default)]
    statement: OneOrMany<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[allow(dead_code, reason = "any name will do")]
    sid: Option<String>,
    effect: Effect,
    principal: Principal,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
}

/// What a statement, or a whole policy, says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Principal {
    Word(String),
    Kinds(BTreeMap<String, OneOrMany<String>>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::Many(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

impl Policy {
    pub(super) fn parse(text: &Bytes) -> Result<Self, Code> {
        let document: Document = serde_json::from_slice(text).map_err(|_| Code::InvalidArgument)?;
        let known = document.version.as_deref().is_none_or(|version| VERSIONS.contains(&version));
        let statements = match document.statement {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => vec![one],
        };
        if !known || !statements.iter().flat_map(|s| s.action.as_slice()).all(|action| is_action(action)) {
            return Err(Code::InvalidArgument);
        }
        Ok(Self { text: text.clone(), statements })
    }

    /// `resource` is "bucket" or "bucket/object". A refusal goes before a permission.
    pub(super) fn effect(&self, caller: Option<&str>, action: &str, resource: &str) -> Option<Effect> {
        let mut found = None;
        for statement in self.statements.iter().filter(|statement| statement.is_for(caller, action, resource))
        {
            if statement.effect == Effect::Deny {
                return Some(Effect::Deny);
            }
            found = Some(Effect::Allow);
        }
        found
    }

    /// Whether it is called public: 16.2 says so of whatever permits something to anybody.
    pub(super) fn is_public(&self) -> bool {
        self.statements.iter().any(|statement| statement.effect == Effect::Allow)
    }
}

impl Statement {
    fn is_for(&self, caller: Option<&str>, action: &str, resource: &str) -> bool {
        let (action, resource) = (format!("s3:{action}"), format!("arn:aws:s3:::{resource}"));
        self.principal.is(caller)
            && self.action.as_slice().iter().any(|pattern| matches(pattern, &action))
            && self.resource.as_slice().iter().any(|pattern| matches(pattern, &resource))
    }
}

impl Principal {
    /// Nobody that is known is only meant by everybody.
    fn is(&self, caller: Option<&str>) -> bool {
        let names = |word: &String| {
            word == "*" || caller.is_some_and(|uid| *word == format!("arn:aws:iam:::user/{uid}"))
        };
        match self {
            Self::Word(word) => word == "*",
            Self::Kinds(kinds) => kinds.get("AWS").is_some_and(|words| words.as_slice().iter().any(names)),
        }
    }
}

fn is_action(text: &str) -> bool {
    text == "*"
        || text.strip_prefix("s3:").is_some_and(|pattern| ACTIONS.iter().any(|name| matches(pattern, name)))
}

/// Whether the text fits a pattern in which `*` is anything and `?` is one character.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let mut rests = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            rests.any(|at| matches(&pattern[1..], &text[at..]))
        }
        Some(wanted) => text.chars().next().is_some_and(|first| {
            (wanted == '?' || wanted == first)
                && matches(&pattern[wanted.len_utf8()..], &text[first.len_utf8()..])
        }),
    }
}
