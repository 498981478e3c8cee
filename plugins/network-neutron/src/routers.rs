//! The contract's router functions and the steps of their tickets, each done by the file of its verb. What a ticket says
//! is in `ticket`, what is shown of a router in `view`.

mod create;
mod delete;
mod interface;
mod route;
mod table;
pub(crate) mod ticket;
mod view;

use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Route, Router, RouterSpec, Routers};
use patchbay_sdk::stale::{Stop, doubtful};
use patchbay_sdk::{Begun, Context, Error, Page, Progress};

pub(crate) use self::create::undo;
use self::ticket::Ticket;
use crate::error::stating;
use crate::ticket::finished;

const BACK: &str = "The router is being made what it was before.";

impl Routers for crate::Neutron {
    async fn create(ctx: Context, spec: RouterSpec) -> Result<Begun, Error> {
        create::begin(&ctx, spec).await
    }

    async fn get(ctx: Context, id: String) -> Result<Router, Error> {
        view::show(&ctx, &id).await
    }

    async fn list(ctx: Context, page: Page) -> Result<Vec<Router>, Error> {
        view::list(&ctx, page).await
    }

    async fn delete(ctx: Context, id: String) -> Result<Begun, Error> {
        delete::begin(&ctx, id).await
    }

    async fn attach_subnet(ctx: Context, id: String, vpc_id: String, subnet: String) -> Result<Begun, Error> {
        interface::attach(&ctx, id, &vpc_id, &subnet).await
    }

    async fn detach_subnet(ctx: Context, id: String, vpc_id: String, subnet: String) -> Result<Begun, Error> {
        interface::detach(&ctx, id, &vpc_id, &subnet).await
    }

    async fn set_routes(ctx: Context, id: String, routes: Vec<Route>) -> Result<Begun, Error> {
        route::set(&ctx, id, &routes).await
    }
}

/// One step on, or back where it cannot be done: the error says which state holds.
pub(crate) async fn poll(_ctx: &Context, ticket: Ticket) -> Result<Progress, Stop> {
    let error = match on(&ticket).await {
        // The router may be so new that not all of the cloud knows it yet.
        Err(Stop::Failed(error)) if error.is(kind::NOT_FOUND) => return Err(doubtful(error)),
        Err(Stop::Failed(error)) if !error.is_passing() => error,
        Err(Stop::Doubtful(Err(error))) => return Err(doubtful(stating(error, BACK))),
        result => return result,
    };
    let back = back(&ticket).await.is_ok();
    Err(match (ticket, back) {
        (Ticket::Create { .. }, true) => stating(error, "Nothing of the router is left."),
        (Ticket::Create { .. }, false) => stating(error, "What was made of the router is being removed."),
        (_, true) => stating(error, "The router is as it was before."),
        (_, false) => stating(error, BACK),
    }
    .into())
}

/// Makes the router what it was before, or removes a new one: also what bears the operation's mark under another id than was told.
pub(crate) async fn abandon(ctx: &Context, ticket: Ticket) -> Result<Progress, Error> {
    back(&ticket).await?;
    if let (Ticket::Create { .. }, Some(operation)) = (&ticket, ctx.operation_id.as_deref())
        && !undo(ctx, operation).await?
    {
        return Ok(crate::ticket::Ticket::Undo.pending("removing"));
    }
    Ok(finished(None))
}

async fn on(ticket: &Ticket) -> Result<Progress, Stop> {
    Ok(match ticket {
        Ticket::Create { router, subnets, description } => create::poll(router, subnets, description).await?,
        Ticket::Attach { router, subnet } => interface::attached(router, subnet).await?,
        Ticket::Detach { router, subnet } => interface::detached(router, subnet).await?,
        Ticket::SetRoutes { router, routes, .. } => route::changed(router, routes).await?,
        Ticket::Delete { router, subnets, .. } => delete::poll(router, subnets).await?,
    })
}

async fn back(ticket: &Ticket) -> Result<(), Error> {
    match ticket {
        Ticket::Create { router, .. } => create::remove(router).await,
        Ticket::Attach { router, subnet } => interface::disconnect(router, subnet).await.map(drop),
        // One that was refused has changed nothing, and one that was not is what was asked for.
        Ticket::Detach { .. } => Ok(()),
        Ticket::SetRoutes { router, routes, before } => route::restore(router, routes, before).await,
        Ticket::Delete { router, subnets, routes } => delete::restore(router, subnets, routes).await,
    }
}
