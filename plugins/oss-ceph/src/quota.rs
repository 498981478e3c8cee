//! Changing an account's quota, and putting the old one back. What a quota is, and how the gateway takes one, is in `limits`.

use patchbay_sdk::oss::Quota;
use patchbay_sdk::{Begun, Context, Error};

use crate::account;
use crate::limits::{self, Limits};
use crate::ticket::Ticket;

/// Begins to change an account's quota, in one step: the ticket knows the old one too.
pub(crate) async fn begin(ctx: &Context, uid: String, asked: Quota) -> Result<Begun, Error> {
    let account = account::counted(ctx, &uid).await?;
    account.used().fits(&asked)?;
    let (before, after) = (account.limits(), account.limits().changed(&asked));
    Ok(Ticket::Quota { uid: uid.clone(), before, after }.begun(uid))
}

/// Puts the old quota back where the new one was set.
pub(crate) async fn undo(ctx: &Context, uid: &str, before: &Limits, after: &Limits) -> Result<(), Error> {
    match account::look(ctx, uid).await? {
        Some(account) if account.limits() == *after => limits::set(uid, before).await,
        _ => Ok(()),
    }
}
