//! Making a disk larger, attached or not.

use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Begun, Error};
use serde_json::json;

use crate::operation::{Ticket, Want};
use crate::settle::{settle, with_state};
use crate::volume::{CINDER, Volume};

/// 3.42: a volume grows while it is in use, and Nova tells the hypervisor.
const CINDER_IN_USE: Service = Service { microversion: Some("volume 3.42"), ..CINDER };

/// Asks Cinder for it; the ticket ends when the disk rests with that size.
pub(crate) async fn extend(id: String, size: u32) -> Result<Begun, Error> {
    let body = json!({"os-extend": {"new_size": size}});
    let asked = CINDER_IN_USE.post(&["volumes", &id, "action"]).json(&body)?.ok().await;
    let asked = match asked {
        Ok(_) => Ok(()),
        Err(error) => Err(with_state(refused(error, &id), ("resize", &id)).await),
    };
    let begun = |volume: Option<&Volume>| volume.is_some_and(|v| v.status == "extending" || v.size() == size);
    settle(asked, ("resize", &id), begun).await?;
    Ok(Ticket::new(Want::Size(size), id).begun())
}

/// What Cinder refuses for another reason than the disk's state, of which it says the same 400.
fn refused(error: Error, id: &str) -> Error {
    if error.is(kind::INVALID) && !error.message.contains("status must be") {
        return error.explain(kind::INVALID, "size_in_g must be larger than the disk is.");
    }
    error
        .explain(kind::NOT_FOUND, format_args!("There is no disk {id}."))
        .explain(kind::QUOTA, "size_in_g: the tenant's quota of gigabytes does not allow this size.")
        .explain(kind::UNSUPPORTED, "This cloud does not resize disks.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_named_where_it_is_the_reason() {
        let smaller = "New size for extend must be greater than current size. (current: 2, extended: 1).";
        let error = refused(Error::hidden(kind::INVALID, smaller), "v1");
        assert!(error.public && error.message.contains("size_in_g"), "{error:?}");
        let status = "Volume v1 status must be '{'status': 'available'}' to extend, currently extending.";
        assert!(!refused(Error::hidden(kind::INVALID, status), "v1").public);
        assert!(refused(Error::hidden(kind::QUOTA, "overLimit"), "v1").message.contains("size_in_g"));
    }
}
