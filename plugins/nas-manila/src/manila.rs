//! Manila as every file here reaches it, and the mark by which an operation finds what it made.

use patchbay_sdk::nas::network::UPSTREAM;
use patchbay_sdk::openstack::Service;
use patchbay_sdk::upstream::Request;

/// Granted as the cloud's administrator, for share servers, which Manila hides from tenants.
pub(crate) const ADMIN_UPSTREAM: &str = "openstack-admin";

const MANILA: Service = Service { upstream: UPSTREAM, root: &["shared-file-system"], microversion: None };

/// Manila has a header of its own for this.
const VERSION_HEADER: &str = "X-OpenStack-Manila-API-Version";
/// 2.37: messages; 2.45: access rules as a collection; 2.46: which type is the default; 2.51: subnets of share networks;
/// 2.54: a share's progress.
const VERSION: &str = "2.54";

/// The metadata key under which a share remembers the operation that made it.
pub(crate) const OPERATION_KEY: &str = "patchbay_operation";
/// The metadata key under which a share remembers the network that it was asked for on.
pub(crate) const NETWORK_KEY: &str = "patchbay_network";

/// A GET as the tenant.
pub(crate) fn get(path: &[&str]) -> Request {
    MANILA.get(path).header(VERSION_HEADER, VERSION)
}

/// A GET as the cloud's administrator.
pub(crate) fn get_as_admin(path: &[&str]) -> Request {
    Service { upstream: ADMIN_UPSTREAM, ..MANILA }.get(path).header(VERSION_HEADER, VERSION)
}

/// A POST.
pub(crate) fn post(path: &[&str]) -> Request {
    MANILA.post(path).header(VERSION_HEADER, VERSION)
}

/// A DELETE.
pub(crate) fn delete(path: &[&str]) -> Request {
    MANILA.delete(path).header(VERSION_HEADER, VERSION)
}
