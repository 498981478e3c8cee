//! Neutron: the route table of a router.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::router::create;
use crate::step::{Step, Who, put};

/// Routes as bodies have them.
fn routes(routes: &[(&str, &str)]) -> Value {
    routes
        .iter()
        .map(|(destination, nexthop)| json!({"destination": destination, "nexthop": nexthop}))
        .collect()
}

/// The whole table.
fn set(table: Value) -> Step {
    put(Network, "/routers/{r}", json!({"router": {"routes": table}}))
}

fn change(verb: &str, table: Value) -> Step {
    put(Network, &format!("/routers/{{r}}/{verb}_extraroutes"), json!({"router": {"routes": table}}))
}

/// The table that a router must have; lists of more than one are compared as they are.
fn has(step: Step, table: &[(&str, &str)]) -> Step {
    let wanted = match table {
        [(destination, nexthop)] => routes(&[(&format!("={destination}"), &format!("={nexthop}"))]),
        table => routes(table),
    };
    step.gives(200, json!({"router": {"routes": wanted, "...": ""}}))
}

const A: (&str, &str) = ("10.50.0.0/16", "10.77.0.5");
const B: (&str, &str) = ("10.51.0.0/16", "10.77.0.6");
const C: (&str, &str) = ("10.51.0.0/16", "10.77.0.7");

pub(crate) fn table() -> Vec<Step> {
    let interface = |verb: &str| {
        put(Network, &format!("/routers/{{r}}/{verb}_router_interface"), json!({"subnet_id": "{subnet}"}))
    };
    let held = "Router interface for subnet {subnet} on router {r} cannot be deleted, as it is required by one or \
                more routes.";
    let mut steps = vec![
        create(json!({"name": "{name}-r"})).status(201).save("r", "/router/id"),
        interface("add").status(200),
        has(set(routes(&[A, B])), &[A, B]),
        has(set(routes(&[B, C])), &[B, C]),
        has(set(routes(&[A])), &[A]),
        has(set(routes(&[("0.0.0.0/0", "10.77.0.5")])), &[("0.0.0.0/0", "10.77.0.5")]),
        has(set(routes(&[A])), &[A]),
        interface("remove").refused(409, "RouterInterfaceInUseByRoute", held),
    ];
    steps.extend(changed());
    steps.extend(refused());
    steps.extend([has(set(json!([])), &[]), interface("remove").status(200)]);
    steps
}

/// Single routes come and go; what is there or gone already is no error.
fn changed() -> Vec<Step> {
    vec![
        has(change("add", routes(&[A, B])), &[A, B]),
        has(change("add", routes(&[B])), &[A, B]),
        has(change("remove", routes(&[B, C])), &[A]),
        change("add", routes(&[("10.52.0.0/16", "10.99.0.5")])).refused(
            400,
            "InvalidRoutes",
            "the nexthop is not connected with router",
        ),
        change("add", routes(&[A])).by(Who::Stranger).refused(
            404,
            "RouterNotFound",
            "{r} could not be found",
        ),
    ]
}

fn refused() -> Vec<Step> {
    let lost = |nexthop: &str, why: &str| {
        let message = format!(
            "Invalid format for routes: [{{'destination': '10.50.0.0/16', 'nexthop': '{nexthop}'}}], {why}"
        );
        set(routes(&[("10.50.0.0/16", nexthop)])).refused(400, "InvalidRoutes", &message)
    };
    let wrong = |table: Value, why: &str| {
        set(table).refused(400, "HTTPBadRequest", &format!("Invalid input for routes. Reason: {why}"))
    };
    let many: Value =
        (0..31).map(|n| json!({"destination": format!("10.60.{n}.0/24"), "nexthop": "10.77.0.5"})).collect();
    let quota =
        |step: Step| step.refused(409, "OverQuota", "Quota exceeded for resources: ['router_route'].");
    vec![
        lost("10.99.0.5", "the nexthop is not connected with router"),
        lost("10.77.0.1", "the nexthop is used by router"),
        wrong(
            routes(&[A, A]),
            "Duplicate hostroute '{'destination': '10.50.0.0/16', 'nexthop': '10.77.0.5'}'.",
        ),
        wrong(routes(&[("10.50.0.7/16", "10.77.0.5")]), "'10.50.0.7/16' is not a valid CIDR."),
        wrong(routes(&[("bad", "10.77.0.5")]), "'bad' is not a valid CIDR."),
        wrong(routes(&[("10.50.0.0", "10.77.0.5")]), "'10.50.0.0' is not a valid CIDR."),
        wrong(routes(&[("10.50.0.0/16", "bad")]), "'bad' is not a valid IP address."),
        wrong(json!("x"), "Invalid data format for hostroute: 'x'."),
        wrong(json!([{"destination": "10.50.0.0/16"}]), "Validation of dictionary's keys failed."),
        quota(set(many.clone())),
        quota(change("add", many)),
    ]
}
