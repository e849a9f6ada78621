//! What S3 answers when it does not do what was asked, in words that say what to do about it.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use engine::ports::StoreError;

use super::S3Blobs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Bucket,
    Put,
    Get,
    List,
    Files,
    Abort,
}

impl Asked {
    const fn doing(self) -> &'static str {
        match self {
            Self::Bucket => "finding the bucket",
            Self::Put => "storing a file",
            Self::Get => "reading a file",
            Self::List => "listing uploads",
            Self::Files => "listing files",
            Self::Abort => "ending an upload",
        }
    }
}

impl S3Blobs {
    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
    pub(super) fn failed<E>(&self, asked: Asked, error: SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        let advice = match status {
            Some(status) => advice(status, code, &self.bucket),
            None => silence(&error),
        };
        let code = match (status, code) {
            (Some(status), "") => format!(" ({status})"),
            (Some(status), code) => format!(" ({status} {code})"),
            (None, _) => String::new(),
        };
        StoreError::Unavailable(format!("S3, {}{code}: {advice}", asked.doing()))
    }
}

fn advice(status: u16, code: &str, bucket: &str) -> String {
    match (status, code) {
        (_, "RequestTimeTooSkewed") => "the clock of this machine or of the server is wrong".to_owned(),
        (
            _,
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken" | "XAdminUserNotFound",
        ) => "it does not know our credentials; check s3.access_key_id and s3.secret_access_key".to_owned(),
        (_, "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody") => {
            "the bytes did not arrive as they were sent; try again".to_owned()
        }
        (_, "QuotaExceeded" | "EntityTooLarge" | "XMinioStorageFull") => "it has no room for this".to_owned(),
        (301 | 307, _)
        | (_, "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException") => {
            format!("the bucket `{bucket}` is in another region; check s3.region and s3.endpoint")
        }
        (404, "" | "NoSuchBucket" | "NotFound") => {
            format!("it has no bucket `{bucket}`; make it, or correct s3.bucket")
        }
        (401 | 403, _) => {
            format!("our credentials may not do that; check them, and what they are allowed in the bucket `{bucket}`")
        }
        (429 | 500.., _) => "it is overloaded or broken for the moment; try again".to_owned(),
        (_, _) => "it refused".to_owned(),
    }
}

/// Nothing came back.
fn silence<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let timed_out = match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        SdkError::ConstructionFailure(_) | SdkError::ResponseError(_) | SdkError::ServiceError(_) | _ => false,
    };
    let (kind, then) = match error {
        _ if timed_out => ("it did not answer in time", "try again"),
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            ("it cannot be reached", "check s3.endpoint, and whether it runs")
        }
        SdkError::ResponseError(_) => ("its answer makes no sense", "check s3.endpoint"),
        SdkError::DispatchFailure(_)
        | SdkError::ConstructionFailure(_)
        | SdkError::TimeoutError(_)
        | SdkError::ServiceError(_)
        | _ => ("it was not asked", "check s3.endpoint, and where its credentials come from"),
    };
    format!("{kind} ({cause}); {then}")
}
