//! An account with a bucket, or a bucket for an account that is there.

use patchbay_sdk::oss::Spec;
use patchbay_sdk::ticket::finished;
use patchbay_sdk::{Begun, Context, Error, Progress};

use crate::limits::Limits;
use crate::ticket::{NewBucket, Ticket};
use crate::{account, bucket, policy, uid};

/// Makes the account where there is none; the ticket makes the bucket. A name that is taken changes nothing.
pub(crate) async fn begin(ctx: &Context, spec: Spec) -> Result<Begun, Error> {
    let (uid, limits) = (uid::own(ctx)?, Limits::of_new(&spec.quota)?);
    if bucket::look(&spec.bucket).await?.is_some() {
        return Err(bucket::taken(&spec.bucket));
    }
    account::find_or_make(ctx, &uid, &limits).await?;
    let name = spec.bucket.clone();
    let bucket =
        NewBucket { name: spec.bucket, policy: spec.policy, storage_class: spec.storage_type, limits };
    Ok(Ticket::Bucket(bucket).begun(name))
}

/// The bucket with its policy; what is there of both already stays. The account may have gone with another call's.
pub(crate) async fn poll(ctx: &Context, new: &NewBucket) -> Result<Progress, Error> {
    let account = account::find_or_make(ctx, &uid::own(ctx)?, &new.limits).await?;
    bucket::make(&account, &new.name, &new.storage_class).await?;
    policy::write(&account, &new.name, &new.policy).await?;
    Ok(finished(None))
}

/// Removes what the operation made. With no bucket named, it came to make the account at most.
pub(crate) async fn undo(ctx: &Context, new: Option<&NewBucket>) -> Result<(), Error> {
    // Who can have no account has made none.
    let Ok(uid) = uid::own(ctx) else { return Ok(()) };
    let Some(account) = account::look(ctx, &uid).await? else { return Ok(()) };
    if let Some(new) = new {
        bucket::undo(&uid, &new.name).await?;
    }
    account::undo(&account, ctx.operation_id.as_deref().unwrap_or_default()).await
}
