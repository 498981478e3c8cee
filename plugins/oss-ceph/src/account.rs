//! The gateway's users: finding, making and removing them, their keys, and what is told of them. What they are called is in
//! `uid`, what they may hold in `limits`.

use jiff::Timestamp;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Maybe, Text, Time};
use patchbay_sdk::s3::{self, Refusal};
use patchbay_sdk::upstream::{Request, Response};
use patchbay_sdk::{Context, Error, clock, log, oss};
use serde::Deserialize;

use crate::gateway::{admin, ask, found};
use crate::limits::{self, Limits, Use};
use crate::uid;

/// What a display name of Patchbay's own begins with; time, operation and the tenant's mark follow.
const BEGIN: &str = "Patchbay";

/// A user as the gateway shows it.
#[derive(Deserialize)]
pub(crate) struct Account {
    #[serde(rename = "user_id")]
    pub(crate) uid: Id,
    display_name: Text,
    keys: Items<Key>,
    #[serde(rename = "user_quota")]
    limits: Maybe<Limits>,
    #[serde(rename = "stats")]
    used: Maybe<Use>,
    /// Later versions keep it; 16.2 does not.
    create_date: Time,
}

/// A key; it is written nowhere.
#[derive(Deserialize)]
pub(crate) struct Key {
    user: Text,
    /// Later versions say of each key whether it is of use; 16.2 has no others.
    active: Text,
    pub(crate) access_key: Text,
    pub(crate) secret_key: Text,
}

impl Key {
    fn is_active(&self) -> bool {
        !matches!(self.active.to_ascii_lowercase().as_str(), "false" | "0")
    }
}

/// What a display name says.
struct Note<'a> {
    /// RFC 3339
    at: &'a str,
    operation: &'a str,
    /// Empty in those that were made before tenants had marks.
    mark: &'a str,
}

impl Account {
    /// The account's own key, and none of a subuser's, nor one that is switched off.
    pub(crate) fn key(&self) -> Result<&Key, Error> {
        let sentence =
            || format!("The account {} has no key: the gateway's administrator took it.", self.uid);
        let own = self.keys.iter().find(|key| key.user == *self.uid.as_str() && key.is_active());
        own.ok_or_else(|| Error::public(kind::CONFLICT, sentence()))
    }

    /// Sends a request of the account's. A key that was replaced a moment ago is read again, once.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Refusal> {
        let answer = match s3::send(self.sign(request.clone())?).await {
            Err(refusal) if is_of_an_old_key(&refusal) => s3::send(self.again().await?.sign(request)?).await,
            answer => answer,
        };
        answer.map_err(|refusal| self.suspended(refusal))
    }

    /// As the contract's account, with so many buckets.
    pub(crate) fn shown(&self, buckets: usize) -> oss::Account {
        oss::Account {
            uid: self.uid.to_string(),
            created_at: self.created_at(),
            quota: self.limits().shown(),
            size: self.used().gib(),
            objects: self.used().objects(),
            buckets: u32::try_from(buckets).unwrap_or(u32::MAX),
        }
    }

    /// What it may hold.
    pub(crate) fn limits(&self) -> Limits {
        self.limits.as_ref().copied().unwrap_or(Limits::NONE)
    }

    /// What it holds, as far as the gateway was asked to count that.
    pub(crate) fn used(&self) -> Use {
        self.used.as_ref().copied().unwrap_or_default()
    }

    /// Whether this operation made it.
    pub(crate) fn is_made_by(&self, operation: &str) -> bool {
        self.note().is_some_and(|note| note.operation == operation)
    }

    /// Whether it is of the tenant that bears this mark. Its name has the tenant's id in it, which may have been given twice.
    fn is_of(&self, mark: &str) -> bool {
        self.note().map_or("", |note| note.mark) == mark
    }

    fn created_at(&self) -> String {
        match &*self.create_date {
            "" => self.note().map_or("", |note| note.at).to_owned(),
            at => at.to_owned(),
        }
    }

    /// What the display name says, where Patchbay wrote it.
    fn note(&self) -> Option<Note<'_>> {
        let mut words = self.display_name.strip_prefix(BEGIN)?.split_ascii_whitespace();
        let (at, operation) = (words.next()?, words.next()?);
        Some(Note { at, operation, mark: words.next().unwrap_or_default() })
    }

    /// It, read anew; not another one that has its name by now.
    async fn again(&self) -> Result<Self, Error> {
        let (fresh, mark) = (fresh(&self.uid).await?, self.note().map_or("", |note| note.mark));
        if fresh.is_of(mark) { Ok(fresh) } else { Err(uid::absent(&self.uid)) }
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

/// The tenant's account of this name, none where the gateway has none or another's.
pub(crate) async fn look(ctx: &Context, uid: &str) -> Result<Option<Account>, Error> {
    named(uid).await.map(|found| owned(ctx, found))
}

/// The account of an id that a request names.
pub(crate) async fn show(ctx: &Context, uid: &str) -> Result<Account, Error> {
    look(ctx, uid).await?.ok_or_else(|| uid::absent(uid))
}

/// The same with what it holds at this moment: the gateway counts on demand.
pub(crate) async fn counted(ctx: &Context, uid: &str) -> Result<Account, Error> {
    let request = admin("GET", "user").query("uid", uid).query("stats", true).query("sync", true);
    read(request).await.map(|found| owned(ctx, found))?.ok_or_else(|| uid::absent(uid))
}

/// The caller's account; a new one has these limits and bears the tenant's mark and the operation's id.
pub(crate) async fn find_or_make(ctx: &Context, uid: &str, limits: &Limits) -> Result<Account, Error> {
    let operation = ctx.operation_id.as_deref().unwrap_or_default();
    let account = match named(uid).await? {
        Some(there) => owned(ctx, Some(there)).ok_or_else(|| taken(uid))?,
        None => make(ctx, uid).await?,
    };
    // Until then it is not whole, however often this is tried.
    if account.is_made_by(operation) && account.limits().are_none() {
        limits::set(uid, limits).await?;
    }
    Ok(account)
}

/// Removes the account if this operation made it and nothing is in it.
pub(crate) async fn undo(account: &Account, operation: &str) -> Result<(), Error> {
    if account.is_made_by(operation) { remove(&account.uid).await } else { Ok(()) }
}

/// Another call of the tenant's may make it at the same time; then that one is the account.
async fn make(ctx: &Context, uid: &str) -> Result<Account, Error> {
    let request = admin("PUT", "user").query("uid", uid).query("display-name", display_name(ctx));
    match ask(request).await {
        Ok(answer) => answer.json(),
        Err(refusal) if refusal.says("UserAlreadyExists") => {
            let there = fresh(uid).await?;
            owned(ctx, Some(there)).ok_or_else(|| taken(uid))
        }
        Err(refusal) => Err(refusal.error),
    }
}

/// One that was there a moment ago.
async fn fresh(uid: &str) -> Result<Account, Error> {
    let gone = || Error::hidden(kind::BUSY, format_args!("the account {uid} is just being removed"));
    named(uid).await?.ok_or_else(gone)
}

/// The account of this name, whosever it is.
async fn named(uid: &str) -> Result<Option<Account>, Error> {
    read(admin("GET", "user").query("uid", uid)).await
}

/// The account, if it is the tenant's. One that is not is none, and is told to the operator.
fn owned(ctx: &Context, found: Option<Account>) -> Option<Account> {
    let account = found?;
    if account.is_of(&ctx.mark) {
        return Some(account);
    }
    let Account { uid, display_name, .. } = &account;
    log::warn(&format!(
        "The account {uid} ({display_name}) does not bear the mark of {} and is left alone. Another installation made it, \
         or this one before its database was lost.",
        ctx.tenant_id
    ));
    None
}

/// Who asks is told no more than that there is no way; the operator has been told why.
fn taken(uid: &str) -> Error {
    let sentence =
        format_args!("The object gateway has an account {uid} that is not this tenant's; ask the operator.");
    Error::public(kind::CONFLICT, sentence)
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

fn display_name(ctx: &Context) -> String {
    let operation = ctx.operation_id.as_deref().unwrap_or_default();
    let now = i64::try_from(clock::now_ms() / 1000).unwrap_or(i64::MAX);
    let at = Timestamp::from_second(now).unwrap_or(Timestamp::MAX);
    format!("{BEGIN} {at} {operation} {}", ctx.mark).trim_end().to_owned()
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
    fn only_patchbays_own_tells_its_operation() {
        let own = account("Patchbay 2026-11-23T19:00:00Z op-1");
        assert!(own.is_made_by("op-1") && !own.is_made_by("op-2"));
        for name in ["office", "Patchbay", "Patchbay op-1"] {
            let other = account(name);
            assert!(!other.is_made_by("op-1") && other.created_at().is_empty(), "{name}");
        }
    }

    #[test]
    fn an_account_is_of_the_tenant_whose_mark_it_bears() {
        let (one, two) = ("0123456789abcdef/0000000000000001", "0123456789abcdef/0000000000000002");
        let marked = account(&format!("Patchbay 2026-11-23T19:00:00Z op-1 {one}"));
        assert!(marked.is_made_by("op-1") && marked.is_of(one));
        assert!(!marked.is_of(two) && !marked.is_of(""));
        for name in ["Patchbay 2026-11-23T19:00:00Z op-1", "office", one] {
            let unmarked = account(name);
            assert!(!unmarked.is_of(one) && unmarked.is_of(""), "{name}: of a tenant without a mark at most");
        }
    }

    #[test]
    fn a_key_is_the_accounts_own() {
        let mut account = account("office");
        assert_eq!(account.key().map(|key| key.access_key.as_str()).ok(), Some("A1"));
        let off = r#"[{"user":"t-0000000001.u","access_key":"A0","secret_key":"S0","active":false},
            {"user":"t-0000000001.u","access_key":"A2","secret_key":"S2","active":true}]"#;
        account.keys = serde_json::from_str(off).unwrap();
        assert_eq!(account.key().map(|key| key.access_key.as_str()).ok(), Some("A2"));
        account.keys = Items::default();
        assert!(account.key().is_err_and(|error| error.is(kind::CONFLICT)));
    }
}
