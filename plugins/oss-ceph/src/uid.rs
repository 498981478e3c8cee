//! What accounts are called, and whose they are. The gateway is not asked here.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Context, Error, upstream};

/// The longest name, in bytes: what a request can name again.
const UID_BYTES_MAX: usize = 255;

/// The caller's own account, whether there is one or not.
pub(crate) fn own(ctx: &Context) -> Result<String, Error> {
    if ctx.user_id.is_empty() {
        return Err(Error::public(kind::INVALID, "platform_userid is missing: an account is named by it."));
    }
    let mut uid = prefix(ctx);
    upstream::encode(&mut uid, &ctx.user_id);
    if uid.len() > UID_BYTES_MAX {
        return Err(Error::public(kind::INVALID, "platform_userid is too long to name an account."));
    }
    Ok(uid)
}

/// That the account is the tenant's; another one is none, whether the gateway has it or not.
pub(crate) fn check(ctx: &Context, uid: &str) -> Result<(), Error> {
    if uid.starts_with(&prefix(ctx)) { Ok(()) } else { Err(absent(uid)) }
}

/// There is no such account, or it is somebody else's.
pub(crate) fn absent(uid: &str) -> Error {
    Error::public(kind::NOT_FOUND, format_args!("There is no account {uid}."))
}

fn prefix(ctx: &Context) -> String {
    format!("{}.", ctx.tenant_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tenant: &str, user: &str) -> Context {
        Context {
            tenant_id: tenant.into(),
            user_id: user.into(),
            region: String::new(),
            request_id: String::new(),
            operation_id: None,
            deadline_ms: 0,
            project_id: None,
            mark: String::new(),
        }
    }

    #[test]
    fn what_means_something_to_the_gateway_is_encoded() {
        for (user, uid) in [
            ("u-7", "t-0000000001.u-7"),
            ("a.b_c~d", "t-0000000001.a.b_c~d"),
            ("a$b:c/d e", "t-0000000001.a%24b%3Ac%2Fd%20e"),
            ("a%24b", "t-0000000001.a%2524b"),
            ("ü", "t-0000000001.%C3%BC"),
        ] {
            assert_eq!(own(&of("t-0000000001", user)).unwrap(), uid);
        }
    }

    #[test]
    fn nobody_and_names_without_end_have_no_account() {
        for user in ["", &"x".repeat(243), &"ü".repeat(100)] {
            assert!(own(&of("t-0000000001", user)).is_err_and(|error| error.is(kind::INVALID)), "{user}");
        }
        assert!(own(&of("t-0000000001", &"x".repeat(242))).is_ok());
    }

    #[test]
    fn tenants_do_not_meet() {
        let ctx = of("t-0000000001", "u");
        assert!(check(&ctx, "t-0000000001.u").is_ok() && check(&ctx, "t-0000000001.v").is_ok());
        for uid in ["t-0000000002.u", "t-00000000011.u", "t-0000000001", "admin", ""] {
            assert!(check(&ctx, uid).is_err_and(|error| error.is(kind::NOT_FOUND)), "{uid}");
        }
    }
}
