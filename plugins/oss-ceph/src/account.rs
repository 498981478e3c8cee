//! The gateway's users: finding, making and removing them, their keys, and what is told of them. What they may hold is
//! `quota`'s affair.

use jiff::Timestamp;
use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::time::rfc3339;
use patchbay_sdk::s3::{self, Refusal};
use patchbay_sdk::upstream::{Request, Response};
use patchbay_sdk::{Context, Error, clock, oss};
use serde::Deserialize;

use crate::gateway::{admin, ask, found};
use crate::quota::{self, Limits, Use};

/// What a display name of Patchbay's own begins with; time and operation follow.
const MARK: &str = "Patchbay";

/// A user as the gateway shows it.
#[derive(Deserialize)]
pub(crate) struct Account {
    #[serde(rename = "user_id")]
    pub(crate) uid: String,
    display_name: String,
    keys: Vec<Key>,
    #[serde(rename = "user_quota")]
    pub(crate) limits: Limits,
    #[serde(default, rename = "stats")]
    pub(crate) used: Use,
    /// Later versions keep it; 16.2 does not.
    create_date: Option<String>,
}

/// A key; it is written nowhere.
#[derive(Deserialize)]
pub(crate) struct Key {
    user: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

impl Account {
    /// The account's own key, and none of a subuser's.
    pub(crate) fn key(&self) -> Result<&Key, Error> {
        let sentence =
            || format!("The account {} has no key: the gateway's administrator took it.", self.uid);
        let own = self.keys.iter().find(|key| key.user == self.uid);
        own.ok_or_else(|| Error::public(kind::CONFLICT, sentence()))
    }

    /// Sends a request of the account's. A key that was replaced a moment ago is read again, once.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Refusal> {
        let answer = match s3::send(self.sign(request.clone())?).await {
            Err(refusal) if is_of_an_old_key(&refusal) => {
                s3::send(fresh(&self.uid).await?.sign(request)?).await
            }
            answer => answer,
        };
        answer.map_err(|refusal| self.suspended(refusal))
    }

    /// As the contract's account, with so many buckets.
    pub(crate) fn shown(&self, buckets: usize) -> oss::Account {
        oss::Account {
            uid: self.uid.clone(),
            created_at: self.created_at(),
            quota: self.limits.shown(),
            size: self.used.gib(),
            objects: self.used.objects(),
            buckets: u32::try_from(buckets).unwrap_or(u32::MAX),
        }
    }

    /// Whether this operation made it.
    pub(crate) fn is_made_by(&self, operation: &str) -> bool {
        self.mark().is_some_and(|(_, by)| by == operation)
    }

    fn created_at(&self) -> String {
        match (&self.create_date, self.mark()) {
            (Some(at), _) => rfc3339(at),
            (None, Some((at, _))) => at.to_owned(),
            (None, None) => String::new(),
        }
    }

    /// Time and operation of the display name, where Patchbay wrote it.
    fn mark(&self) -> Option<(&str, &str)> {
        self.display_name.strip_prefix(MARK)?.trim_start().split_once(' ')
    }

    fn sign(&self, request: Request) -> Result<Request, Error> {
        let Key { access_key, secret_key, .. } = self.key()?;
        Ok(request.signed_by(access_key, secret_key))
    }

    fn suspended(&self, refusal: Refusal) -> Refusal {
        if !refusal.says("UserSuspended") {
            return refusal;
        }
        let sentence = format_args!("The account {} is suspended.", self.uid);
        Refusal { error: refusal.error.explain(kind::DENIED, sentence), ..refusal }
    }
}

/// The account of this name, none where the gateway has none.
pub(crate) async fn look(uid: &str) -> Result<Option<Account>, Error> {
    read(admin("GET", "user").query("uid", uid)).await
}

/// The account of an id that a request names.
pub(crate) async fn show(uid: &str) -> Result<Account, Error> {
    look(uid).await?.ok_or_else(|| absent(uid))
}

/// The same with what it holds at this moment: the gateway counts on demand.
pub(crate) async fn counted(uid: &str) -> Result<Account, Error> {
    let request = admin("GET", "user").query("uid", uid).query("stats", true).query("sync", true);
    read(request).await?.ok_or_else(|| absent(uid))
}

/// The caller's account; a new one has these limits and bears the operation's mark.
pub(crate) async fn find_or_make(ctx: &Context, uid: &str, limits: &Limits) -> Result<Account, Error> {
    let operation = ctx.operation_id.as_deref().unwrap_or_default();
    let account = match look(uid).await? {
        Some(account) => account,
        None => make(uid, operation).await?,
    };
    // Until then it is not whole, however often this is tried.
    if account.is_made_by(operation) && account.limits.are_none() {
        quota::set(uid, limits).await?;
    }
    Ok(account)
}

/// Removes the account if this operation made it and nothing is in it.
pub(crate) async fn undo(uid: &str, operation: &str) -> Result<(), Error> {
    match look(uid).await? {
        Some(account) if account.is_made_by(operation) => remove(uid).await,
        _ => Ok(()),
    }
}

/// There is no such account, or it is somebody else's.
pub(crate) fn absent(uid: &str) -> Error {
    Error::public(kind::NOT_FOUND, format_args!("There is no account {uid}."))
}

/// Another call may make it at the same time; then that one is the account.
async fn make(uid: &str, operation: &str) -> Result<Account, Error> {
    let request = admin("PUT", "user").query("uid", uid).query("display-name", display_name(operation));
    match ask(request).await {
        Ok(answer) => answer.json(),
        Err(refusal) if refusal.says("UserAlreadyExists") => fresh(uid).await,
        Err(refusal) => Err(refusal.error),
    }
}

/// One that was there a moment ago.
async fn fresh(uid: &str) -> Result<Account, Error> {
    let gone = || Error::hidden(kind::BUSY, format_args!("the account {uid} is just being removed"));
    look(uid).await?.ok_or_else(gone)
}

/// The gateway keeps one that has buckets, in a word that is about buckets.
async fn remove(uid: &str) -> Result<(), Error> {
    match ask(admin("DELETE", "user").query("uid", uid)).await {
        Err(refusal) if [kind::EXISTS, kind::CONFLICT].into_iter().any(|kept| refusal.error.is(kept)) => {
            Ok(())
        }
        answer => found(answer, "NoSuchUser").map(drop),
    }
}

async fn read(request: Request) -> Result<Option<Account>, Error> {
    found(ask(request).await, "NoSuchUser")?.map(|answer| answer.json()).transpose()
}

fn is_of_an_old_key(refusal: &Refusal) -> bool {
    refusal.says("InvalidAccessKeyId") || refusal.says("SignatureDoesNotMatch")
}

fn display_name(operation: &str) -> String {
    let now = i64::try_from(clock::now_ms() / 1000).unwrap_or(i64::MAX);
    let at = Timestamp::from_second(now).unwrap_or(Timestamp::MAX);
    format!("{MARK} {at} {operation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 16.2 shows one.
    fn account(display_name: &str) -> Account {
        let shown = format!(
            r#"{{"tenant":"","user_id":"t-0000000001.u","display_name":"{display_name}","suspended":0,
            "keys":[{{"user":"t-0000000001.u:sub","access_key":"A0","secret_key":"S0"}},
                    {{"user":"t-0000000001.u","access_key":"A1","secret_key":"S1"}}],
            "user_quota":{{"enabled":true,"check_on_raw":false,"max_size":1610612736,"max_size_kb":1572864,
                           "max_objects":-1}},
            "stats":{{"size":1,"size_actual":4096,"num_objects":1}}}}"#
        );
        serde_json::from_str(&shown).unwrap()
    }

    #[test]
    fn an_account_is_told_as_the_gateway_shows_it() {
        let shown = account("Patchbay 2026-11-23T19:00:00Z op-1").shown(3);
        assert_eq!(
            (shown.uid.as_str(), shown.created_at.as_str()),
            ("t-0000000001.u", "2026-11-23T19:00:00Z")
        );
        assert_eq!((shown.quota.size, shown.quota.objects), (2, -1));
        assert_eq!((shown.size, shown.objects, shown.buckets), (1, 1, 3));
    }

    #[test]
    fn only_patchbays_own_bears_a_mark() {
        let own = account("Patchbay 2026-11-23T19:00:00Z op-1");
        assert!(own.is_made_by("op-1") && !own.is_made_by("op-2"));
        for name in ["office", "Patchbay", "Patchbay op-1"] {
            let other = account(name);
            assert!(!other.is_made_by("op-1") && other.created_at().is_empty(), "{name}");
        }
    }

    #[test]
    fn a_key_is_the_accounts_own() {
        let mut account = account("office");
        assert_eq!(account.key().map(|key| key.access_key.as_str()).ok(), Some("A1"));
        account.keys.pop();
        assert!(account.key().is_err_and(|error| error.is(kind::CONFLICT)));
    }
}
