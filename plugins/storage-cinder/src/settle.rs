//! What came of a change that Cinder or Nova refused, or whose answer was lost: the volume itself tells. What was
//! asked for is said by the files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Error, log};

use crate::volume::{self, Volume};

/// Goes on where the volume, absent when it is gone, shows that it was `done` all the same; otherwise the error says
/// how the disk is. What is told in the platform's words already is a refusal and stays.
pub(crate) async fn settle(
    asked: Result<(), Error>,
    (deed, id): (&str, &str),
    done: impl Fn(Option<&Volume>) -> bool,
) -> Result<(), Error> {
    let error = match asked {
        Err(error) if !error.public => error,
        told => return told,
    };
    log::debug(&error.message);
    match volume::look(id).await {
        Ok(volume) if done(Some(&volume)) => Ok(()),
        Err(gone) if gone.is(kind::NOT_FOUND) && done(None) => Ok(()),
        Err(gone) if gone.is(kind::NOT_FOUND) => Err(gone),
        Ok(volume) => Err(undone(error, deed, &volume)),
        Err(_) => {
            let sentence =
                format!("It is not known whether the cloud could {deed} the disk {id}: look at it.");
            Err(told(error, sentence))
        }
    }
}

/// Says a refusal because of the disk's state, which is a 400, with that state. Any other error stays as it is.
pub(crate) async fn with_state(error: Error, (deed, id): (&str, &str)) -> Error {
    if error.public || !error.is(kind::INVALID) {
        return error;
    }
    match volume::look(id).await {
        Ok(volume) => undone(error, deed, &volume),
        Err(_) => error,
    }
}

/// A refusal without a better reason is one because of the state that the disk is in.
fn undone(error: Error, deed: &str, volume: &Volume) -> Error {
    let (id, state) = (&volume.id, volume.state());
    match error.kind.as_str() {
        kind::INVALID | kind::NOT_FOUND | kind::CONFLICT => Error::public(
            kind::CONFLICT,
            format_args!("The cloud does not {deed} the disk {id} now: it is {state}."),
        ),
        _ => told(error, format!("The cloud failed to {deed} the disk {id}: it is {state} now.")),
    }
}

fn told(error: Error, sentence: String) -> Error {
    Error { message: sentence, public: true, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::tests::volume;

    #[test]
    fn an_error_says_how_the_disk_is() {
        let volume = volume("in-use", Some("s1"));
        for (was, kind) in [
            (kind::INVALID, kind::CONFLICT),
            (kind::NOT_FOUND, kind::CONFLICT),
            (kind::CONFLICT, kind::CONFLICT),
            (kind::UNAVAILABLE, kind::UNAVAILABLE),
            (kind::TIMEOUT, kind::TIMEOUT),
            (kind::DENIED, kind::DENIED),
        ] {
            let error = undone(Error::hidden(was, "secret"), "resize", &volume);
            assert!(error.is(kind) && error.public, "{was}: {error:?}");
            assert!(error.message.contains("in-use with 2 GiB at the instance s1"), "{error:?}");
        }
    }
}
