//! What a volume's comment says: whose it is, on which network, and how the platform calls it. ONTAP keeps nothing of
//! that itself, and its names take no more than letters, digits and underscores.
//!
//! A comment has room for about 900 bytes of the share's name and description; a request with more is refused. A volume
//! without such a comment is no share of Patchbay's, and one with another tenant's is not there: a tenant's id may have been
//! given twice, its mark was not.

use patchbay_sdk::error::kind;
use patchbay_sdk::nas::Spec;
use patchbay_sdk::{Context, Error};
use serde::{Deserialize, Serialize};

/// ONTAP's limit for comments.
const COMMENT_BYTES_MAX: usize = 1023;

/// A comment of Patchbay's own, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) tenant: String,
    /// The tenant's; empty in those that were made before tenants had marks.
    #[serde(default)]
    mark: String,
    pub(crate) network: String,
    pub(crate) name: String,
    pub(crate) description: String,
}

impl Note {
    /// The comment of a new volume.
    pub(crate) fn comment(ctx: &Context, spec: &Spec) -> Result<String, Error> {
        let note = Self {
            tenant: ctx.tenant_id.clone(),
            mark: ctx.mark.clone(),
            network: spec.network_id.clone(),
            name: spec.name.clone(),
            description: spec.description.clone(),
        };
        let comment = serde_json::json!(note).to_string();
        if comment.len() <= COMMENT_BYTES_MAX {
            return Ok(comment);
        }
        let sentence = "share_name and share_desc: the array has no room for that many characters.";
        Err(Error::public(kind::INVALID, sentence))
    }

    /// What a comment says; none where it is not Patchbay's, or another tenant's.
    pub(crate) fn of(ctx: &Context, comment: &str) -> Option<Self> {
        let is_own = |note: &Self| note.tenant == ctx.tenant_id && note.mark == ctx.mark;
        serde_json::from_str(comment).ok().filter(is_own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "0123456789abcdef/fedcba9876543210";

    fn of(tenant: &str, mark: &str) -> Context {
        Context {
            tenant_id: tenant.into(),
            user_id: String::new(),
            region: String::new(),
            request_id: String::new(),
            operation_id: None,
            deadline_ms: 0,
            project_id: None,
            mark: mark.into(),
        }
    }

    fn comment(name: &str, description: &str) -> Result<String, Error> {
        let ctx = of("t-0000000001", MARK);
        let spec = Spec {
            name: name.into(),
            description: description.into(),
            protocol: "NFS".into(),
            size: 1,
            network_id: "5f0c1a52-0000-4000-8000-000000000000".into(),
        };
        Note::comment(&ctx, &spec)
    }

    #[test]
    fn a_comment_is_read_by_its_tenant_alone() {
        let comment = comment("文件 \"1\"", "for tests").unwrap();
        let note = Note::of(&of("t-0000000001", MARK), &comment).unwrap();
        assert_eq!((note.name.as_str(), note.description.as_str()), ("文件 \"1\"", "for tests"));
        for other in
            [of("t-0000000002", MARK), of("t-0000000001", ""), of("t-0000000001", &MARK.replace('f', "e"))]
        {
            assert!(Note::of(&other, &comment).is_none(), "{other:?}");
        }
        assert!(Note::of(&of("t-0000000001", MARK), "made by hand").is_none());
        let old = r#"{"tenant": "t-0000000001", "network": "n", "name": "s", "description": ""}"#;
        assert!(
            Note::of(&of("t-0000000001", ""), old).is_some()
                && Note::of(&of("t-0000000001", MARK), old).is_none()
        );
    }

    #[test]
    fn names_are_as_long_as_the_array_has_room_for() {
        assert!(comment(&"x".repeat(255), &"y".repeat(255)).is_ok());
        assert!(comment(&"文".repeat(255), &"件".repeat(255)).unwrap_err().is(kind::INVALID));
    }
}
