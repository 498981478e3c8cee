//! One field of one answer, made something else in one way: where that is, as the record of a call shows it.

use std::collections::BTreeMap;
use std::fmt;

use cloudsim::{Effect, Fault, Request, Service};
use serde_json::Value;

use super::mutation::{mutations, places};

/// A field of the answer to a request of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Field {
    pub(super) service: Service,
    pub(super) method: String,
    pub(super) route: String,
    /// The call's requests of the route before this one.
    pub(super) nth: u32,
    /// As RFC 6901 writes it.
    pub(super) pointer: String,
}

/// It, something else.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) field: Field,
    pub(super) way: &'static str,
    value: Option<Value>,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field: Field { service, method, route, nth, pointer }, way, .. } = self;
        write!(f, "{service:?} {method} {route} ({nth}) {pointer}: {way}")
    }
}

impl Point {
    /// The fault that makes it so, once, for this request of a caller's.
    pub(super) fn fault(&self, request_id: &str) -> Fault {
        let Field { service, method, route, nth, pointer } = &self.field;
        let effect = Effect::Edited { pointer: pointer.clone(), value: self.value.clone() };
        Fault::once(effect).on_route(*service, method, route).of(request_id).skip(*nth)
    }
}

/// All points of what a call has asked for: of each route the first answer, and the last one where there are several.
pub(super) fn points(requests: &[Request]) -> Vec<Point> {
    let mut routes: BTreeMap<(Service, &str, String), Vec<&Request>> = BTreeMap::new();
    for request in requests {
        routes.entry((request.service, request.method.as_str(), request.route())).or_default().push(request);
    }
    let mut points = Vec::new();
    for ((service, method, route), asked) in routes {
        let last = asked.len() - 1;
        for nth in if last == 0 { vec![0] } else { vec![0, last] } {
            let Some(answer) = &asked[nth].answer else { continue };
            let nth = u32::try_from(nth).expect("few requests");
            for pointer in places(answer) {
                let (method, route) = (method.to_owned(), route.clone());
                let value = answer.pointer(&pointer).expect("a place");
                let field = Field { service, method, route, nth, pointer };
                let point = |(way, value)| Point { field: field.clone(), way, value };
                points.extend(mutations(value).into_iter().map(point));
            }
        }
    }
    points
}
