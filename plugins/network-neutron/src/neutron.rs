//! Neutron as this plugin reaches it, and the mark by which an operation finds what it made.

use patchbay_sdk::openstack::Service;

/// Granted as the tenant.
pub(crate) const UPSTREAM: &str = "openstack";

/// Neutron has one version; endpoints may lack it.
pub(crate) const NEUTRON: Service =
    Service { upstream: UPSTREAM, root: &["network", "v2.0"], microversion: None };

/// The tag of what the operation made. Neutron allows 255 characters; an operation's id has 39.
#[allow(dead_code)]
pub(crate) fn tag(operation: &str) -> String {
    format!("patchbay-{operation}")
}
