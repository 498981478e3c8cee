//! Canned access control lists: what the owner and everybody may. Policies, which go before them, are in `policy`.

use super::refusal::Code;
use super::xml;

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

    /// As S3 shows it; `owner` are the elements that name the owner.
    pub(super) fn document(self, owner: &str) -> String {
        let everybody = |permission| grant("Group", &xml::element("URI", EVERYBODY), permission);
        let read = if self.everybody_reads() { everybody("READ") } else { String::new() };
        let write = if self.everybody_writes() { everybody("WRITE") } else { String::new() };
        let full = grant("CanonicalUser", owner, "FULL_CONTROL");
        let list = xml::nested("AccessControlList", &[read, write, full].concat());
        xml::document("AccessControlPolicy", &(xml::nested("Owner", owner) + &list))
    }
}

fn grant(kind: &str, who: &str, permission: &str) -> String {
    let grantee = format!(r#"<Grantee xmlns:xsi="{INSTANCE}" xsi:type="{kind}">{who}</Grantee>"#);
    xml::nested("Grant", &(grantee + &xml::element("Permission", permission)))
}
