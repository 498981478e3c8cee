//! Object storage on Ceph's object gateway (RGW): accounts by its Admin Ops API, buckets by S3 with the account's key.
//!
//! An account is an RGW user called `TENANT.USER`, the platform's user percent-encoded: tenants' ids have one length and
//! no full stop, so no two tenants meet in a name. It is no RGW tenant, so that `ENDPOINT/BUCKET/KEY` is an object's
//! address for everybody, and any S3 client works; in return buckets' names are one space for the whole gateway.
//!
//! An account that Patchbay makes bears in its display name when and by which operation, for the gateway keeps neither, and the
//! tenant's mark: an account that bears another is somebody else's whatever it is called.
//! A quota of 0 is the route's default for a new account and "as it is" for an old one, -1 is no limit. An account that
//! is there already gets the bucket only. `bucket_policy` is a bucket policy, because a canned ACL does not open the
//! objects in the bucket, and it is read back from the gateway. Keys are asked for anew in each call and kept nowhere.

mod account;
mod bucket;
mod create;
mod gateway;
mod limits;
mod operation;
mod policy;
mod quota;
mod ticket;
mod uid;

use patchbay_sdk::oss::{Account, Bucket, Buckets, Holding, Key, Quota, Spec};
use patchbay_sdk::{About, Begun, Context, Description, Error, Page, join, settings};

struct Ceph;

impl About for Ceph {
    async fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            upstreams: vec![gateway::UPSTREAM.into()],
            upstreams_optional: Vec::new(),
            settings: [ENDPOINT, limits::DEFAULT_SIZE, limits::DEFAULT_OBJECTS].map(Into::into).into(),
        }
    }

    async fn check(_ctx: Context) -> Result<(), Error> {
        gateway::ask(gateway::admin("GET", "user").query("list", "").query("max-entries", 1)).await?;
        Ok(())
    }
}

/// The setting that tells clients where the gateway is.
const ENDPOINT: &str = "endpoint";

impl Buckets for Ceph {
    async fn create(ctx: Context, spec: Spec) -> Result<Begun, Error> {
        create::begin(&ctx, spec).await
    }

    async fn get_holding(ctx: Context, bucket: String) -> Result<Holding, Error> {
        let uid = uid::own(&ctx)?;
        let (account, found) = join(account::counted(&ctx, &uid), bucket::owned(&uid, &bucket)).await;
        let (account, found) = (account?, found?);
        let (buckets, bucket) = join(bucket::names(&uid), bucket::shown(&account, found)).await;
        let key = key(&account)?;
        Ok(Holding { key, account: account.shown(buckets?.len()), bucket: bucket? })
    }

    async fn get(ctx: Context, uid: String, bucket: String) -> Result<Bucket, Error> {
        uid::check(&ctx, &uid)?;
        let (account, found) = join(account::show(&ctx, &uid), bucket::owned(&uid, &bucket)).await;
        bucket::shown(&account?, found?).await
    }

    async fn list(ctx: Context, uid: String, page: Page) -> Result<Vec<Bucket>, Error> {
        uid::check(&ctx, &uid)?;
        let (account, names) = join(account::show(&ctx, &uid), bucket::names(&uid)).await;
        bucket::page(&account?, names?, page).await
    }

    async fn get_account(ctx: Context, uid: String) -> Result<Account, Error> {
        uid::check(&ctx, &uid)?;
        let (account, buckets) = join(account::counted(&ctx, &uid), bucket::names(&uid)).await;
        Ok(account?.shown(buckets?.len()))
    }

    async fn set_quota(ctx: Context, uid: String, quota: Quota) -> Result<Begun, Error> {
        uid::check(&ctx, &uid)?;
        quota::begin(&ctx, uid, quota).await
    }

    async fn get_key(ctx: Context, uid: String) -> Result<Key, Error> {
        if uid::own(&ctx).ok().as_ref() != Some(&uid) {
            return Err(uid::absent(&uid));
        }
        key(&account::show(&ctx, &uid).await?)
    }
}

/// With what a client reaches the account.
fn key(account: &account::Account) -> Result<Key, Error> {
    let key = account.key()?;
    Ok(Key {
        endpoint: settings::required(ENDPOINT)?,
        access_key: key.access_key.to_string(),
        secret_key: key.secret_key.to_string(),
    })
}

patchbay_sdk::oss_plugin!(Ceph);
