//! What is done through the storage plugin, and what changes something at the backend. The host lets a change pass in an
//! operation only.

use patchbay_sdk::compute::disks::{self, Spec};
use patchbay_sdk::upstream::Request;
use patchbay_sdk::{Context, Error, join_all};

use crate::UPSTREAM;

/// Calls the function of the storage import that `told` begins with, for the disk whose id follows: `delete-ID`.
pub(crate) async fn disk(ctx: Context, told: &str) -> Result<String, Error> {
    let (function, id) = told.split_once('-').unwrap_or((told, ""));
    let id = String::from(id);
    let begun = match function {
        "create" => disks::create(ctx, spec()).await,
        "extend" => disks::extend(ctx, id, 2).await,
        "update" => disks::update(ctx, id, "mine".into(), "mine".into()).await,
        "attach" => disks::attach(ctx, id, "nowhere".into()).await,
        "detach" => disks::detach(ctx, id, "nowhere".into()).await,
        "delete" => disks::delete(ctx, id).await,
        _ => return Ok(disks::get(ctx, vec![id]).await?.len().to_string()),
    };
    Ok(begun?.resource_id)
}

fn spec() -> Spec {
    Spec {
        name: "mine".into(),
        description: String::new(),
        availability_zone: String::new(),
        volume_type: String::new(),
        size: 1,
    }
}

/// Looks for no disk so many times at once; how many looks were answered.
pub(crate) async fn looks(ctx: Context, count: usize) -> usize {
    let answers = join_all((0..count).map(|_| disks::get(ctx.clone(), Vec::new()))).await;
    answers.iter().filter(|answer| answer.is_ok()).count()
}

/// Sends the backend a request of this method; the status is the answer.
pub(crate) async fn send(method: &str) -> Result<String, Error> {
    let answer = Request::new(UPSTREAM, method, &["change"]).send().await?;
    Ok(answer.status().to_string())
}
