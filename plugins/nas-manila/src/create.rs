//! A new share: on a share network where its type has share servers, and otherwise without.

use patchbay_sdk::error::kind;
use patchbay_sdk::nas::{Spec, network};
use patchbay_sdk::{Begun, Context, Error, join};
use serde::Serialize;
use serde_json::{Value, json};

use crate::manila::{self, NETWORK_KEY, OPERATION_KEY};
use crate::share_type::ShareType;
use crate::ticket::{Ticket, Want};
use crate::{share, share_network, share_type};

#[derive(Serialize)]
struct NewShare<'a> {
    name: &'a str,
    description: &'a str,
    share_proto: &'a str,
    size: u32,
    share_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    share_network_id: Option<&'a str>,
    metadata: Value,
}

/// Begins it; the ticket ends when the share is available.
pub(crate) async fn create(ctx: &Context, spec: Spec) -> Result<Begun, Error> {
    let (subnets, share_type) = join(network::subnets(&spec.network_id), share_type::chosen()).await;
    let (subnets, share_type) = (subnets?, share_type?);
    let share_network = if share_type.has_share_servers() {
        Some(share_network::find_or_make(ctx, &spec.network_id, &subnets[0].id).await?)
    } else {
        None
    };
    let id = make(ctx, &spec, &share_type, share_network.as_deref()).await?;
    Ok(Ticket { want: Want::Available, id, share_network, unasked: false }.begun())
}

async fn make(
    ctx: &Context,
    spec: &Spec,
    share_type: &ShareType,
    share_network: Option<&str>,
) -> Result<String, Error> {
    let operation = ctx.operation_id.as_deref().unwrap_or_default();
    let share = NewShare {
        name: &spec.name,
        description: &spec.description,
        share_proto: &spec.protocol,
        size: spec.size,
        share_type: &share_type.id,
        share_network_id: share_network,
        metadata: json!({ OPERATION_KEY: operation, NETWORK_KEY: spec.network_id }),
    };
    let answer = manila::post(&["shares"]).json(&json!({ "share": share }))?.ok().await;
    Ok(answer.map_err(|e| refused(e, spec))?.json::<share::One>()?.share.id.into())
}

fn refused(error: Error, spec: &Spec) -> Error {
    if error.is(kind::INVALID) && error.says("protocol") {
        let sentence = format!("share_proto: the cloud has no shares of the protocol {:?}.", spec.protocol);
        return error.explain(kind::INVALID, sentence);
    }
    if error.is(kind::NOT_FOUND) {
        // Its last share has just gone, and it went along.
        let sentence = "What joins shares to the network has just been removed; try again.";
        return Error { kind: kind::BUSY.into(), ..error.explain(kind::NOT_FOUND, sentence) };
    }
    error
        .explain(kind::INVALID, "The share's name, description or share_size_in_g is not acceptable.")
        .explain(kind::QUOTA, "The tenant's quota of shares or gigabytes is used up.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_field() {
        let spec = Spec {
            name: "s".into(),
            description: String::new(),
            protocol: "AFS".into(),
            size: 1,
            network_id: "n1".into(),
        };
        for (was, message, kind, says) in [
            (kind::INVALID, "Invalid share protocol provided: AFS.", kind::INVALID, "share_proto"),
            (kind::INVALID, "Share size must be greater than 0.", kind::INVALID, "share_size_in_g"),
            (kind::NOT_FOUND, "Share network x could not be found.", kind::BUSY, "try again"),
            (kind::QUOTA, "ShareLimitExceeded", kind::QUOTA, "quota"),
        ] {
            let error = refused(Error::hidden(was, message), &spec);
            assert!(error.is(kind) && error.public && error.message.contains(says), "{message}: {error:?}");
        }
    }
}
