//! VPCs: a network with one subnet. What goes on after a call is in `change`, what the host keeps of it in `ticket`.

mod change;
pub(crate) mod ticket;

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{self, Text, Time};
use patchbay_sdk::network::{Vpc, VpcSpec, Vpcs};
use patchbay_sdk::{Begun, Context, Error, join};
use serde::Deserialize;
use serde_json::json;

pub(crate) use self::change::{abandon, poll, undo};
use self::ticket::Ticket;
use crate::neutron::{self, Id, NEUTRON};

/// A network as Neutron shows it.
#[derive(Deserialize)]
struct Network {
    id: field::Id,
    name: Text,
    description: Text,
    status: Text,
    created_at: Time,
    updated_at: Time,
}

#[derive(Deserialize)]
struct One {
    network: Network,
}

#[derive(Deserialize)]
struct Made {
    network: Id,
}

/// What is read of a subnet.
const SUBNET: [&str; 2] = ["id", "cidr"];

/// A network's subnet.
#[derive(Clone, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: field::Id,
    pub(crate) cidr: Text,
}

impl Vpcs for crate::Neutron {
    async fn create(ctx: Context, spec: VpcSpec) -> Result<Begun, Error> {
        let mark = ctx.operation_id.as_deref().map(neutron::mark).unwrap_or_default();
        let network = json!({"network": {"name": spec.name, "description": mark}});
        let made = NEUTRON.post(&["networks"]).json(&network)?.ok().await.map_err(refused)?;
        let vpc = made.json::<Made>()?.network.id.to_string();
        let subnet = json!({"subnet": {"network_id": vpc, "ip_version": 4, "cidr": spec.subnet}});
        NEUTRON.post(&["subnets"]).json(&subnet)?.ok().await.map_err(|e| refused_subnet(e, &spec.subnet))?;
        Ok(Ticket::Describe { vpc: vpc.clone(), description: spec.description }.begun(vpc))
    }

    async fn get(ctx: Context, id: String) -> Result<Vpc, Error> {
        let (network, subnets) = join(show(&id), subnets(&id)).await;
        let network = network?;
        Ok(Vpc {
            id: network.id.into(),
            name: network.name.into(),
            description: network.description.into(),
            region: ctx.region,
            subnets: subnets?.into_iter().map(|subnet| subnet.cidr.into()).collect(),
            status: network.status.to_uppercase(),
            created_at: network.created_at.into(),
        })
    }

    async fn update(_ctx: Context, id: String, name: String, description: String) -> Result<Begun, Error> {
        show(&id).await?;
        if name.is_empty() && description.is_empty() {
            return Ok(Begun { resource_id: id, ticket: None });
        }
        Ok(Ticket::Update { vpc: id.clone(), name, description }.begun(id))
    }
}

/// The subnets of a VPC that the tenant sees, in the order of their ids.
pub(crate) async fn subnets(vpc: &str) -> Result<Vec<Subnet>, Error> {
    neutron::list("subnets", &[("network_id", vpc)], &SUBNET).await
}

/// The subnets of these ids, as far as the tenant sees them.
pub(crate) async fn subnets_by_id(ids: &[&str]) -> Result<Vec<Subnet>, Error> {
    let ids: Vec<_> = ids.iter().map(|id| ("id", *id)).collect();
    neutron::list("subnets", &ids, &SUBNET).await
}

/// Those of a VPC that are the tenant's own. Somebody else's are seen where a network is shared, but join no router.
pub(crate) async fn own_subnets(ctx: &Context, vpc: &str) -> Result<Vec<Subnet>, Error> {
    let own = ctx.project_id.as_deref().map(|project| ("project_id", project));
    let filters: Vec<_> = [("network_id", vpc)].into_iter().chain(own).collect();
    let found = neutron::list("subnets", &filters, &SUBNET).await?;
    if found.is_empty() {
        let sentence = format_args!("There is no VPC {vpc}, or it has no subnet of the tenant's own.");
        return Err(Error::public(kind::NOT_FOUND, sentence));
    }
    Ok(found)
}

/// Says "not-found" in the platform's words.
pub(crate) fn absent(error: Error, id: &str) -> Error {
    error.explain(kind::NOT_FOUND, format_args!("There is no VPC {id}."))
}

async fn show(id: &str) -> Result<Network, Error> {
    let answer = NEUTRON.get(&["networks", id]).show().await.map_err(|e| absent(e, id))?;
    Ok(answer.json::<One>()?.network)
}

fn refused(error: Error) -> Error {
    error
        .explain(kind::INVALID, "vpc_name is not acceptable to the cloud.")
        .explain(kind::QUOTA, "The tenant's quota of VPCs is used up.")
}

fn refused_subnet(error: Error, cidr: &str) -> Error {
    error
        .explain(kind::INVALID, format_args!("subnet: the cloud does not accept {cidr}."))
        .explain(kind::QUOTA, "The tenant's quota of subnets is used up.")
}
