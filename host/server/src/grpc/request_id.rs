//! The id under which the logs of the host and of its backends tell of a call.

use uuid::Uuid;

/// One that nobody has.
pub(super) fn new_request_id() -> String {
    // From the thread's own generator, which needs no system call.
    format!("req-{}", uuid::Builder::from_random_bytes(rand::random()).into_uuid())
}

/// The caller's own request id, where it has the form that OpenStack takes.
pub(super) fn request_id(sent: &str) -> Option<String> {
    let uuid = Uuid::try_parse(sent.strip_prefix("req-")?).ok()?;
    Some(format!("req-{uuid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_must_be_one() {
        let id = new_request_id();
        assert_eq!(request_id(&id), Some(id));
        assert_eq!(request_id("req-1\n"), None);
    }
}
