//! Canned access control lists: what the owner and everybody may. Policies, which go before them, are in `policy`.

use serde::Serialize;

use super::refusal::Code;
use super::xml::{self, Owner};

/// The namespace in which a grantee's type is written.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const EVERYBODY: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

/// The lists that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acl {
    Private,
    PublicRead,
    PublicReadWrite,
}

impl Acl {
    /// Of `x-amz-acl`; absent is private.
    pub(super) fn parse(name: Option<&str>) -> Result<Self, Code> {
        match name {
            None | Some("private") => Ok(Self::Private),
            Some("public-read") => Ok(Self::PublicRead),
            Some("public-read-write") => Ok(Self::PublicReadWrite),
            Some(_) => Err(Code::InvalidArgument),
        }
    }

    pub(super) fn everybody_reads(self) -> bool {
        self != Self::Private
    }

    pub(super) fn everybody_writes(self) -> bool {
        self == Self::PublicReadWrite
    }

    /// As S3 shows it.
    pub(super) fn document(self, owner: &Owner) -> String {
        let everybody = |permission| grant("Group", Who::Everybody { uri: EVERYBODY }, permission);
        let read = self.everybody_reads().then(|| everybody("READ"));
        let write = self.everybody_writes().then(|| everybody("WRITE"));
        let full = grant("CanonicalUser", Who::One(owner), "FULL_CONTROL");
        let grants = read.into_iter().chain(write).chain([full]).collect();
        xml::document("AccessControlPolicy", Shown { owner, list: Grants { grants } })
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(rename = "Owner")]
    owner: &'a Owner,
    #[serde(rename = "AccessControlList")]
    list: Grants<'a>,
}

#[derive(Serialize)]
struct Grants<'a> {
    #[serde(rename = "Grant")]
    grants: Vec<Grant<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Grant<'a> {
    grantee: Grantee<'a>,
    permission: &'static str,
}

#[derive(Serialize)]
struct Grantee<'a> {
    #[serde(rename = "@xmlns:xsi")]
    instance: &'static str,
    #[serde(rename = "@xsi:type")]
    kind: &'static str,
    #[serde(flatten)]
    who: Who<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Who<'a> {
    One(&'a Owner),
    Everybody {
        #[serde(rename = "URI")]
        uri: &'static str,
    },
}

fn grant<'a>(kind: &'static str, who: Who<'a>, permission: &'static str) -> Grant<'a> {
    Grant { grantee: Grantee { instance: INSTANCE, kind, who }, permission }
}
