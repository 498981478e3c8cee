//! Why a gateway refuses: every code, its status, and how S3 and Admin Ops write it.

use serde::Serialize;
use serde_json::json;

use super::trace::Trace;
use super::xml;
use crate::call::Answer;

/// The codes, by the names that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    AccessDenied,
    BucketAlreadyExists,
    BucketNotEmpty,
    EmailExists,
    InvalidAccessKeyId,
    InvalidArgument,
    InvalidBucketName,
    InvalidLocationConstraint,
    InvalidRange,
    InvalidTenantName,
    KeyExists,
    MethodNotAllowed,
    MissingContentLength,
    NoSuchBucket,
    NoSuchBucketPolicy,
    NoSuchKey,
    NoSuchUser,
    NotImplemented,
    QuotaExceeded,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    TooManyBuckets,
    UserAlreadyExists,
    UserSuspended,
    XAmzContentSHA256Mismatch,
}

impl Code {
    fn status(self) -> u16 {
        match self {
            Self::InvalidArgument
            | Self::InvalidBucketName
            | Self::InvalidLocationConstraint
            | Self::InvalidTenantName
            | Self::TooManyBuckets
            | Self::XAmzContentSHA256Mismatch => 400,
            Self::AccessDenied
            | Self::InvalidAccessKeyId
            | Self::QuotaExceeded
            | Self::RequestTimeTooSkewed
            | Self::SignatureDoesNotMatch
            | Self::UserSuspended => 403,
            Self::NoSuchBucket | Self::NoSuchBucketPolicy | Self::NoSuchKey | Self::NoSuchUser => 404,
            Self::MethodNotAllowed => 405,
            Self::BucketAlreadyExists
            | Self::BucketNotEmpty
            | Self::EmailExists
            | Self::KeyExists
            | Self::UserAlreadyExists => 409,
            Self::MissingContentLength => 411,
            Self::InvalidRange => 416,
            Self::NotImplemented => 501,
        }
    }
}

/// A code, and the sentence that a few of them have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: &'static str,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, message: "" }
    }
}

/// As S3 writes one.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Error<'a> {
    code: String,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket_name: Option<&'a str>,
    request_id: &'a str,
    host_id: &'a str,
}

/// What a route gives.
pub(super) type Outcome = Result<Answer, Refusal>;

impl Refusal {
    pub(super) fn with(code: Code, message: &'static str) -> Self {
        Self { code, message }
    }

    /// As Admin Ops writes it.
    pub(super) fn json(self, trace: &Trace) -> Answer {
        let body = json!({
            "Code": format!("{:?}", self.code), "Message": self.message,
            "RequestId": trace.request_id, "HostId": trace.host_id,
        });
        Answer::json(self.code.status(), &body)
    }

    /// As S3 writes it, with the bucket where the call was understood as far.
    pub(super) fn xml(self, trace: &Trace, bucket: Option<&str>) -> Answer {
        let Trace { request_id, host_id } = trace;
        let code = format!("{:?}", self.code);
        let error = Error { code, message: self.message, bucket_name: bucket, request_id, host_id };
        let body = xml::bare("Error", &error);
        Answer::text(self.code.status(), "application/xml", body)
    }
}
