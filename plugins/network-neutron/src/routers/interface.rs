//! A router's interfaces: subnets attached and detached.

use ipnet::IpNet;
use patchbay_sdk::error::kind;
use patchbay_sdk::network::Subnet;
use patchbay_sdk::stale::Stop;
use patchbay_sdk::{Begun, Context, Error, Progress, join};
use serde_json::json;

use super::ticket::Ticket;
use super::view;
use crate::neutron::NEUTRON;
use crate::ticket::finished;
use crate::vpcs;

/// Begins to attach a subnet of the VPC; empty: its only one.
pub(super) async fn attach(ctx: &Context, router: String, vpc: &str, cidr: &str) -> Result<Begun, Error> {
    let (shown, subnets) = join(view::show(ctx, &router), vpcs::own_subnets(ctx, vpc)).await;
    let (shown, subnets) = (shown?, subnets?);
    let chosen = choose(subnets.iter().map(|subnet| (subnet.cidr.as_str(), subnet)), vpc, cidr)?;
    if shown.subnets.iter().any(|attached| chosen.id == attached.id) {
        return Ok(Begun { resource_id: router, ticket: None });
    }
    apart(
        shown.subnets.iter().map(|attached| attached.cidr.as_str()).chain([chosen.cidr.as_str()]),
        "subnet",
    )?;
    Ok(Ticket::Attach { router: router.clone(), subnet: chosen.id.to_string() }.begun(router))
}

/// Begins to detach a subnet of the VPC; empty: the only one that is attached.
pub(super) async fn detach(ctx: &Context, router: String, vpc: &str, cidr: &str) -> Result<Begun, Error> {
    let shown = view::show(ctx, &router).await?;
    let attached: Vec<&Subnet> = shown.subnets.iter().filter(|subnet| subnet.vpc_id == vpc).collect();
    if attached.is_empty() {
        return Err(Error::public(
            kind::NOT_FOUND,
            format_args!("The router {router} has no subnet of the VPC {vpc}."),
        ));
    }
    let chosen = choose(attached.iter().map(|subnet| (subnet.cidr.as_str(), *subnet)), vpc, cidr)?;
    Ok(Ticket::Detach { router: router.clone(), subnet: chosen.id.clone() }.begun(router))
}

/// Attaches the subnet, which may be done already.
pub(super) async fn attached(router: &str, subnet: &str) -> Result<Progress, Error> {
    connect(router, subnet).await?;
    Ok(finished(None))
}

/// Detaches the subnet. That it was not attached may be an old state, or done already.
pub(super) async fn detached(router: &str, subnet: &str) -> Result<Progress, Stop> {
    if disconnect(router, subnet).await? {
        return Ok(finished(None));
    }
    Err(Stop::Doubtful(Ok(finished(None))))
}

/// Gives the router an address in the subnet; one that has it already keeps it.
pub(super) async fn connect(router: &str, subnet: &str) -> Result<(), Error> {
    let body = json!({ "subnet_id": subnet });
    let answer = NEUTRON.put(&["routers", router, "add_router_interface"]).json(&body)?.ok().await;
    match answer {
        // Attached by an earlier request, whose answer was lost.
        Err(error) if may_be_attached(&error) && is_attached(router, subnet).await? => Ok(()),
        answer => answer.map(drop).map_err(|e| unattachable(e, router, subnet)),
    }
}

/// Takes the router's address in the subnet; one that has none is as good. Whether it had one.
pub(super) async fn disconnect(router: &str, subnet: &str) -> Result<bool, Error> {
    let body = json!({ "subnet_id": subnet });
    let taken = NEUTRON.put(&["routers", router, "remove_router_interface"]).json(&body)?.taken().await;
    taken.map_err(|e| {
        let sentence =
            format_args!("A route or a floating address of the router {router} needs its subnet {subnet}.");
        e.explain(kind::CONFLICT, sentence)
    })
}

/// Refuses networks that overlap, because no router can tell them apart. Those that cannot be read are left to Neutron.
pub(super) fn apart<'a>(cidrs: impl Iterator<Item = &'a str>, field: &str) -> Result<(), Error> {
    let mut seen: Vec<IpNet> = Vec::new();
    for network in cidrs.filter_map(|cidr| cidr.parse::<IpNet>().ok()) {
        let other = seen.iter().find(|other| other.contains(&network) || network.contains(*other));
        if let Some(other) = other {
            let sentence = format_args!("{field}: {network} overlaps {other}, which the router joins too.");
            return Err(Error::public(kind::INVALID, sentence));
        }
        seen.push(network);
    }
    Ok(())
}

/// The one of `cidr`, or the only one where that is empty.
fn choose<'a, T>(
    subnets: impl Iterator<Item = (&'a str, &'a T)>,
    vpc: &str,
    cidr: &str,
) -> Result<&'a T, Error> {
    let subnets: Vec<_> = subnets.collect();
    let known = || subnets.iter().map(|(cidr, _)| *cidr).collect::<Vec<_>>().join(", ");
    match (subnets.as_slice(), cidr) {
        ([(_, only)], "") => Ok(only),
        (_, "") => Err(Error::public(
            kind::INVALID,
            format_args!("subnet: there are several of the VPC {vpc}; name one of {}.", known()),
        )),
        (several, _) => {
            several.iter().find(|(other, _)| *other == cidr).map(|(_, subnet)| *subnet).ok_or_else(|| {
                let sentence = format_args!("subnet: there is no {cidr} of the VPC {vpc}, but {}.", known());
                Error::public(kind::NOT_FOUND, sentence)
            })
        }
    }
}

/// Neutron refuses a subnet that the router has already as a bad request, and an address that is taken as a conflict.
fn may_be_attached(error: &Error) -> bool {
    error.is(kind::INVALID) || error.is(kind::CONFLICT)
}

async fn is_attached(router: &str, subnet: &str) -> Result<bool, Error> {
    let joined = view::subnets(&[router]).await?;
    Ok(joined.values().flatten().any(|attached| attached.id == subnet))
}

fn unattachable(error: Error, router: &str, subnet: &str) -> Error {
    error
        .explain(kind::NOT_FOUND, format_args!("The router {router} or its subnet {subnet} is gone."))
        .explain(kind::INVALID, format_args!("The cloud refuses the subnet {subnet}: it overlaps one that the router joins, or has no gateway."))
        .explain(kind::CONFLICT, format_args!("The gateway's address of the subnet {subnet} is taken, as by another router."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(subnets: &[&'static str], cidr: &str) -> Result<&'static str, String> {
        let chosen = choose(subnets.iter().map(|subnet| (*subnet, subnet)), "v1", cidr);
        chosen.copied().map_err(|e| format!("{}: {}", e.kind, e.message))
    }

    #[test]
    fn a_subnet_is_named_or_the_only_one() {
        assert_eq!(chosen(&["10.0.0.0/24"], ""), Ok("10.0.0.0/24"));
        assert_eq!(chosen(&["10.0.0.0/24", "10.1.0.0/24"], "10.1.0.0/24"), Ok("10.1.0.0/24"));
        let several = chosen(&["10.0.0.0/24", "10.1.0.0/24"], "").unwrap_err();
        assert!(several.starts_with("invalid: subnet: ") && several.ends_with("10.0.0.0/24, 10.1.0.0/24."));
        assert!(chosen(&["10.0.0.0/24"], "10.2.0.0/24").unwrap_err().starts_with("not-found: subnet: "));
    }

    #[test]
    fn networks_that_overlap_are_named() {
        assert!(apart(["10.0.0.0/24", "10.0.1.0/24", "2001:db8::/64", ""].into_iter(), "subnet").is_ok());
        for pair in
            [["10.0.0.0/16", "10.0.7.0/24"], ["10.0.7.0/24", "10.0.0.0/16"], ["10.0.0.0/24", "10.0.0.0/24"]]
        {
            let error = apart(pair.into_iter(), "vpc_ids").unwrap_err();
            let named = pair.iter().all(|network| error.message.contains(network));
            assert!(
                named && error.message.starts_with("vpc_ids") && error.is(kind::INVALID),
                "{}",
                error.message
            );
        }
    }
}
