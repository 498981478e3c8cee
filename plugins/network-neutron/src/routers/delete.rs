//! Deleting a router: its routes and subnets go first, and are put back if it cannot be deleted.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::Text;
use patchbay_sdk::stale::{Stop, doubtful};
use patchbay_sdk::{Begun, Context, Error, Progress, join};
use serde::Deserialize;

use super::table::{Table, table};
use super::ticket::Ticket;
use super::{interface, route, view};
use crate::neutron::{self, NEUTRON};
use crate::ticket::finished;

/// An address in a network outside that leads through a router to an instance.
#[derive(Deserialize)]
struct FloatingIp {
    floating_ip_address: Text,
}

/// Begins to delete the router, unless a floating address needs it: then nothing of it is taken apart.
pub(super) async fn begin(ctx: &Context, router: String) -> Result<Begun, Error> {
    let (shown, floating) = join(view::show(ctx, &router), floating(&router)).await;
    let (shown, floating) = (shown?, floating?);
    if !floating.is_empty() {
        let sentence =
            format!("Floating addresses lead through the router {router}: {}.", floating.join(", "));
        return Err(Error::public(kind::CONFLICT, sentence));
    }
    let subnets = shown.subnets.into_iter().map(|subnet| subnet.id).collect();
    let ticket = Ticket::Delete { router: router.clone(), subnets, routes: table(&shown.routes) };
    Ok(ticket.begun(router))
}

/// Takes the router apart, as far as it is not yet, and deletes it. Where the cloud shows nothing of it, that is either done
/// already, or not known everywhere yet.
pub(super) async fn poll(router: &str, subnets: &[String]) -> Result<Progress, Stop> {
    let Some(record) = view::find(router).await? else { return Err(gone()) };
    if !record.table().is_empty() {
        route::put(router, &Table::new()).await?;
    }
    let mut all_taken = true;
    for subnet in subnets {
        all_taken &= interface::disconnect(router, subnet).await.map_err(|e| needed(e, router))?;
    }
    match NEUTRON.delete(&["routers", router]).taken().await {
        Ok(true) => Ok(finished(None)),
        Ok(false) => Err(gone()),
        Err(error) if error.is(kind::CONFLICT) && !all_taken => Err(doubtful(needed(error, router))),
        Err(error) => Err(needed(error, router).into()),
    }
}

fn gone() -> Stop {
    Stop::Doubtful(Ok(finished(None)))
}

/// Puts together what was taken apart. A router that is gone has nothing to put back.
pub(super) async fn restore(router: &str, subnets: &[String], routes: &Table) -> Result<(), Error> {
    if view::find(router).await?.is_none() {
        return Ok(());
    }
    for subnet in subnets {
        interface::connect(router, subnet).await?;
    }
    route::put(router, routes).await.map(drop)
}

async fn floating(router: &str) -> Result<Vec<String>, Error> {
    let fields = ["id", "floating_ip_address"];
    let found: Vec<FloatingIp> = neutron::list("floatingips", &[("router_id", router)], &fields).await?;
    Ok(found.into_iter().map(|floating| floating.floating_ip_address.into()).collect())
}

fn needed(error: Error, router: &str) -> Error {
    error.explain(kind::CONFLICT, format_args!("Something else needs the router {router}."))
}
