//! How a caller wants failures: in `code` and `msg` of the contract's responses, which `handle` sets, or as a gRPC status with
//! `google.rpc.ErrorInfo`, which is made here.

use std::time::Duration;

use patchbay_core::error::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// How a caller wants failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ErrorStyle {
    /// In the response's `code` and `msg`: what those fields are for.
    #[default]
    Response,
    /// As a gRPC status.
    Status,
}

impl ErrorStyle {
    /// The call's own wish (`x-error-style`), otherwise the configured style.
    pub(super) fn of(metadata: &MetadataMap, configured: Self) -> Self {
        match metadata.get("x-error-style").map(|style| style.as_bytes()) {
            Some(b"status") => Self::Status,
            Some(b"response") => Self::Response,
            _ => configured,
        }
    }
}

/// The error as a gRPC status, with `ErrorInfo` (and `RetryInfo` where the caller is asked to wait).
pub(super) fn status(error: &Error, request_id: &str) -> Status {
    let reason = error.kind().as_str().to_uppercase().replace('-', "_");
    let facts = [
        ("request_id".to_owned(), request_id.to_owned()),
        ("retryable".to_owned(), error.kind().retryable().to_string()),
    ];
    let mut details = ErrorDetails::with_error_info(reason, "patchbay", facts);
    if error.wait().is_some_and(|wait| wait > Duration::ZERO) {
        details.set_retry_info(error.wait());
    }
    let mut status =
        Status::with_error_details(Code::from_i32(error.kind().code()), error.message(), details);
    put_retry_after(status.metadata_mut(), error.wait());
    status
}

/// `retry-after`, in seconds as HTTP has it, where the caller is asked to wait: for those who are told of failures in
/// responses, and for proxies.
pub(super) fn put_retry_after(metadata: &mut MetadataMap, wait: Option<Duration>) {
    if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
        metadata.insert("retry-after", MetadataValue::from(wait.as_millis().div_ceil(1_000) as u64));
    }
}
