//! How what plugins and the host say becomes messages of the wire. The two are crates of their own, so that `From` cannot say
//! it; each conversion is beside the service that answers with it.

/// As [`From`], for a message of the wire.
pub(crate) trait Convert<T>: Sized {
    /// The message.
    fn convert(from: T) -> Self;
}
