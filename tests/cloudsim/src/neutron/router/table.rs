//! The route table of a router: replaced as a whole, or changed by some routes.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::super::attributes::{address, quoted, wrong};
use super::super::{Networks, Request, bad_request, quota};
use super::KIND;
use crate::call::{Outcome, Refusal};

const KEYS: [&str; 2] = ["destination", "nexthop"];

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Route {
    destination: Ipv4Net,
    pub(super) nexthop: Ipv4Addr,
}

impl Route {
    /// As a body lists them, none twice.
    pub(super) fn list(routes: &Value) -> Result<Vec<Self>, Refusal> {
        let listed = routes.as_array().ok_or_else(|| {
            wrong("routes", &format!("Invalid data format for hostroute: {}.", quoted(routes)))
        })?;
        let mut routes = Vec::new();
        for value in listed {
            let route = Self::of(value)?;
            if routes.contains(&route) {
                return Err(wrong("routes", &format!("Duplicate hostroute '{}'.", route.sentence())));
            }
            routes.push(route);
        }
        Ok(routes)
    }

    fn of(value: &Value) -> Result<Self, Refusal> {
        let whole = value.as_object().is_some_and(|route| {
            route.len() == KEYS.len() && KEYS.iter().all(|key| route.contains_key(*key))
        });
        if !whole {
            return Err(wrong("routes", "Validation of dictionary's keys failed."));
        }
        let text = value["destination"].as_str().unwrap_or_default();
        // A host's bits are no destination's.
        let destination = text.parse::<Ipv4Net>().ok().filter(|cidr| cidr.trunc().to_string() == text);
        let destination =
            destination.ok_or_else(|| wrong("routes", &format!("'{text}' is not a valid CIDR.")))?;
        Ok(Self { destination, nexthop: address("routes", &value["nexthop"])? })
    }

    pub(super) fn view(&self) -> Value {
        json!({"destination": self.destination.to_string(), "nexthop": self.nexthop})
    }

    fn sentence(&self) -> String {
        format!("{{'destination': '{}', 'nexthop': '{}'}}", self.destination, self.nexthop)
    }
}

impl Networks {
    /// Every next hop must be in a subnet that the router is in, and somebody else.
    pub(super) fn check_routes(&self, id: &str, routes: &[Route]) -> Result<(), Refusal> {
        let project = self.routers.get(id).map(|router| router.standard.project_id.as_str());
        let limit = self.quota(project.unwrap_or_default()).router_route;
        if limit >= 0 && i64::try_from(routes.len()).is_ok_and(|count| count > limit) {
            return Err(quota::exceeded("router_route"));
        }
        let connected = self.connected(id);
        for route in routes {
            let why = if connected.iter().any(|(_, _, own)| *own == route.nexthop) {
                "the nexthop is used by router"
            } else if connected.iter().any(|(_, cidr, _)| cidr.contains(&route.nexthop)) {
                continue;
            } else {
                "the nexthop is not connected with router"
            };
            let routes: Vec<String> = routes.iter().map(Route::sentence).collect();
            let message = format!("Invalid format for routes: [{}], {why}", routes.join(", "));
            return Err(Refusal::bad_request(message).kind("InvalidRoutes"));
        }
        Ok(())
    }
}

/// `add_extraroutes`: what is there already stays.
pub(super) fn add(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    change(networks, request, (id, "add_extraroutes"), |routes, more| {
        let fresh: Vec<Route> = more.into_iter().filter(|route| !routes.contains(route)).collect();
        routes.extend(fresh);
    })
}

/// `remove_extraroutes`: what is not there is no error.
pub(super) fn remove(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    change(networks, request, (id, "remove_extraroutes"), |routes, less| {
        routes.retain(|route| !less.contains(route));
    })
}

fn change(
    networks: &mut Networks,
    request: &Request<'_>,
    (id, rule): (&str, &str),
    change: impl Fn(&mut Vec<Route>, Vec<Route>),
) -> Outcome {
    let mut routes = networks.own_router(id, request.caller, rule)?.routes.clone();
    let body = request.call.json().unwrap_or_default();
    let said = body.get(KIND.one).and_then(|router| router.get("routes"));
    let said = said.ok_or_else(|| bad_request(format!("Unable to find '{}' in request body", KIND.one)))?;
    change(&mut routes, Route::list(said)?);
    networks.check_routes(id, &routes)?;
    let router = networks.router_mut(id)?;
    router.routes = routes;
    router.standard.touch(request.now);
    networks.shown_router(200, id)
}
