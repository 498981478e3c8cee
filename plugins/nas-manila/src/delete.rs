//! Removing a share. What was made for it goes after it, in `operation`.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Begun, Error, log, reason};

use crate::share::Share;
use crate::ticket::{Ticket, Want};
use crate::{manila, share};

/// Notes what the share is in, which nobody can tell when it is gone. Manila is asked with the first poll; the ticket ends
/// when the share is gone.
pub(crate) async fn delete(id: String) -> Result<Begun, Error> {
    let Share { share_network_id, .. } = share::show(&id).await?;
    Ok(Ticket { want: Want::Gone, id, share_network: share_network_id.some(), unasked: true }.begun())
}

/// Asks Manila for it, unless an earlier poll did whose answer was lost. Whether it knows of such a share.
pub(crate) async fn ask(id: &str) -> Result<bool, Error> {
    match remove(id).await {
        Err(error) => settle(error, id).await.map(|()| true),
        taken => taken,
    }
}

/// Asks for it; what is gone already is as good. Whether it was there.
pub(crate) async fn remove(id: &str) -> Result<bool, Error> {
    manila::delete(&["shares", id]).taken().await
}

/// Goes on where the share shows that it is being removed all the same; otherwise the error says how it is.
async fn settle(error: Error, id: &str) -> Result<(), Error> {
    log::debug(&error.message);
    match share::look(id).await {
        Err(gone) if gone.is(kind::NOT_FOUND) => Ok(()),
        Ok(share) if share.status == "deleting" => Ok(()),
        Ok(share) => Err(undone(error, id, &share.status)),
        Err(_) => {
            let message = format!("It is not known whether the cloud deletes the share {id}.");
            Err(Error { message, public: true, ..error })
        }
    }
}

/// Manila says 403 where the share is not in a state that allows it, or has snapshots.
fn undone(error: Error, id: &str, status: &str) -> Error {
    let status = reason::public(status);
    match error.kind.as_str() {
        kind::DENIED | kind::INVALID | kind::CONFLICT => {
            let sentence = format!("The cloud does not delete the share {id} now: it is {status}.");
            Error::public(kind::CONFLICT, sentence)
        }
        _ => {
            let message = format!("The cloud failed to delete the share {id}: it is {status} now.");
            Error { message, public: true, ..error }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_how_the_share_is() {
        for (was, kind) in [
            (kind::DENIED, kind::CONFLICT),
            (kind::CONFLICT, kind::CONFLICT),
            (kind::UNAVAILABLE, kind::UNAVAILABLE),
            (kind::INTERNAL, kind::INTERNAL),
        ] {
            let error = undone(Error::hidden(was, "secret"), "s1", "creating");
            assert!(error.is(kind) && error.public, "{was}: {error:?}");
            assert!(error.message.contains("s1") && error.message.contains("creating"), "{error:?}");
        }
    }
}
