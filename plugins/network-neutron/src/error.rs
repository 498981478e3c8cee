//! The error of a change that failed: what the platform is told of it. Which state holds then is known to the resource's
//! own file, what the cloud refuses to that of the request.

use patchbay_sdk::{Error, log};

/// The error with a sentence that says which state holds now, all of it for the platform.
pub(crate) fn stating(error: Error, state: &str) -> Error {
    let what = if error.public {
        error.message
    } else {
        log::warn(&error.message);
        "The cloud did not carry the change out.".into()
    };
    Error { message: format!("{what} {state}"), public: true, ..error }
}
