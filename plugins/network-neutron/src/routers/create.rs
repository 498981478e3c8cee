//! A new router: with its network outside from the first moment on, then its subnets, then the description, which until
//! then is the operation's mark.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::RouterSpec;
use patchbay_sdk::{Begun, Context, Error, Progress, join_all};
use serde::Deserialize;
use serde_json::{Value, json};

use super::interface;
use super::ticket::Ticket;
use super::view::{self, One};
use crate::neutron::{self, Id, NEUTRON};
use crate::ticket::finished;
use crate::vpcs;

#[derive(Deserialize)]
struct Made {
    router: Id,
}

/// Makes the router; its ticket attaches the subnets.
pub(super) async fn begin(ctx: &Context, spec: RouterSpec) -> Result<Begun, Error> {
    let found = join_all(spec.vpc_ids.iter().map(|vpc| vpcs::own_subnets(ctx, vpc))).await;
    let subnets = found.into_iter().collect::<Result<Vec<_>, Error>>()?.concat();
    interface::apart(subnets.iter().map(|subnet| subnet.cidr.as_str()), "vpc_ids")?;
    let answer = NEUTRON.post(&["routers"]).json(&json!({"router": body(ctx, &spec)}))?.ok().await;
    let router =
        answer.map_err(|e| refused(e, &spec.external_network_id))?.json::<Made>()?.router.id.to_string();
    let subnets = subnets.into_iter().map(|subnet| subnet.id.into()).collect();
    Ok(Ticket::Create { router: router.clone(), subnets, description: spec.description }.begun(router))
}

/// Attaches the subnets, some of which may be, and writes the description.
pub(super) async fn poll(router: &str, subnets: &[String], description: &str) -> Result<Progress, Error> {
    // One after the other: Neutron changes a router for one at a time.
    for subnet in subnets {
        interface::connect(router, subnet).await?;
    }
    let body = json!({"router": {"description": description}});
    let answer = NEUTRON.put(&["routers", router]).json(&body)?.ok().await;
    let record = answer.map_err(|e| view::absent(e, router))?.json::<One>()?.router;
    Ok(finished(record.updated_at.some()))
}

/// Removes the routers that bear the operation's mark; whether there were none.
pub(crate) async fn undo(ctx: &Context, operation: &str) -> Result<bool, Error> {
    let marked = neutron::marked(ctx, "routers", operation).await?;
    join_all(marked.iter().map(|router| remove(router))).await.into_iter().collect::<Result<(), Error>>()?;
    Ok(marked.is_empty())
}

/// Removes a router that was being made, with what it has been attached to.
pub(super) async fn remove(router: &str) -> Result<(), Error> {
    for subnet in view::subnets(&[router]).await?.values().flatten() {
        interface::disconnect(router, &subnet.id).await?;
    }
    let gone = NEUTRON.delete(&["routers", router]).gone().await;
    gone.map_err(|e| e.explain(kind::CONFLICT, format_args!("The router {router} is in use already.")))
}

fn body(ctx: &Context, spec: &RouterSpec) -> Value {
    let mark = ctx.operation_id.as_deref().map(neutron::mark).unwrap_or_default();
    let mut body = json!({"name": spec.name, "description": mark});
    if !spec.external_network_id.is_empty() {
        body["external_gateway_info"] = json!({"network_id": spec.external_network_id});
    }
    body
}

/// Without a network outside, a router has only a name to be refused for.
fn refused(error: Error, network: &str) -> Error {
    let error = error.explain(kind::QUOTA, "The tenant's quota of routers is used up.");
    if network.is_empty() {
        return error.explain(kind::INVALID, "router_name is not acceptable to the cloud.");
    }
    error
        .explain(kind::NOT_FOUND, format_args!("external_network_id: there is no network {network}."))
        .explain(kind::INVALID, format_args!("external_network_id: {network} is no network outside."))
        .explain(kind::CONFLICT, format_args!("external_network_id: {network} has no address left."))
}
