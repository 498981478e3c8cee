//! Who may call, and what is kept of the secrets that prove it.

pub mod seal;
