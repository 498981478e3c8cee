//! How an outcome becomes a response or a status: `code` and `msg` in the contract's responses, or a gRPC status
//! with `google.rpc.ErrorInfo` where the caller prefers that.

use std::time::Duration;

use patchbay_core::error::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tonic::metadata::MetadataMap;
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

/// The error as a gRPC status, with `ErrorInfo` (and `RetryInfo` where the backend asks to wait).
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
    Status::with_error_details(Code::from_i32(error.kind().code()), error.message(), details)
}
