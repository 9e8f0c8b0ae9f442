//! How a call to AWS failed, in words that hold nothing of what was called about.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::operation::RequestId;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// Longest error code or request id that is passed on.
const WORD_BYTES_MAX: usize = 80;
/// Codes of services that are asked too often.
const THROTTLED: [&str; 8] = [
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
];
/// Codes of services that do not know the caller, or know that it may not. Not all come with status 401 or 403.
const DENIED: [&str; 9] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "UnrecognizedClientException",
];
/// Codes of services that do not have what is asked for.
const MISSING: [&str; 7] = [
    "NoSuchKey",
    "NoSuchVersion",
    "ParameterNotFound",
    "ParameterVersionNotFound",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
];

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection stood, or it broke.
    Connection,
    /// No answer in time.
    TimedOut,
    /// The service is asked too often.
    Throttled,
    /// The service does not know the caller, or it lacks the right.
    Denied,
    /// There is nobody to ask as: no credentials were found, or they could not be fetched.
    Credentials,
    /// The service failed.
    Service,
    /// What is asked for is not there.
    Missing,
    /// The service takes the request for a wrong one.
    Rejected,
    /// The answer is not what the protocol says.
    Malformed,
}

/// A call to AWS that failed. `Display` and `Debug` hold the operation, the kind, and the service's status, code and request id; never a
/// bucket, a key, or what they were called with, which the service's own messages may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    operation: &'static str,
    kind: FailureKind,
    status: Option<u16>,
    code: Option<String>,
    request: Option<String>,
}

impl Failure {
    pub(crate) const fn new(operation: &'static str, kind: FailureKind) -> Self {
        Self { operation, kind, status: None, code: None, request: None }
    }

    pub(crate) fn of<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().and_then(word);
        let kind = match error {
            SdkError::TimeoutError(_) => FailureKind::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => FailureKind::TimedOut,
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) if wants_credentials(error) => {
                FailureKind::Credentials
            }
            SdkError::DispatchFailure(_) => FailureKind::Connection,
            SdkError::ResponseError(_) => FailureKind::Malformed,
            SdkError::ServiceError(_) => answered(status.unwrap_or_default(), code.as_deref().unwrap_or_default()),
            _ => FailureKind::Rejected,
        };
        Self { operation, kind, status, code, request: error.request_id().and_then(word) }
    }

    /// What kind of failure it was.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The service's status, if it answered over HTTP.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// The service's name for the failure, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self.kind {
            FailureKind::Connection => "no connection, or one that broke",
            FailureKind::TimedOut => "no answer in time",
            FailureKind::Throttled => "that it is asked too often",
            FailureKind::Denied => "that the right is denied",
            FailureKind::Credentials => "no credentials to ask with",
            FailureKind::Service => "that the service failed",
            FailureKind::Missing => "that what it is about is not there",
            FailureKind::Rejected => "that the request is refused",
            FailureKind::Malformed => "an answer that cannot be read",
        };
        write!(f, "expected {} to be done, found {found}", self.operation)?;
        let status = self.status.map(|status| status.to_string());
        let told = [("status", status.as_deref()), ("code", self.code()), ("request", self.request.as_deref())];
        let mut before = " (";
        for (name, value) in told.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            write!(f, "{before}{name} {value}")?;
            before = ", ";
        }
        if before == ", " { f.write_str(")") } else { Ok(()) }
    }
}

impl Error for Failure {}

fn answered(status: u16, code: &str) -> FailureKind {
    if status == 429 || THROTTLED.contains(&code) {
        FailureKind::Throttled
    } else if matches!(status, 401 | 403) || DENIED.contains(&code) {
        FailureKind::Denied
    } else if MISSING.contains(&code) {
        FailureKind::Missing
    } else if status == 408 || code == "RequestTimeout" {
        FailureKind::TimedOut
    } else if status >= 500 || code == "InternalError" {
        // S3 may find out that it failed when it has sent a good status.
        FailureKind::Service
    } else {
        FailureKind::Rejected
    }
}

/// A code or an id as services write them; anything else might be a value.
fn word(text: &str) -> Option<String> {
    let fits = text.len() <= WORD_BYTES_MAX && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    (fits && !text.is_empty()).then(|| text.to_owned())
}

fn wants_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut at = Some(error);
    while let Some(error) = at {
        if error.is::<CredentialsError>() {
            return true;
        }
        at = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_it_knows_and_no_more() {
        let bare = Failure::new("GetObject", FailureKind::TimedOut);
        assert_eq!(bare.to_string(), "expected GetObject to be done, found no answer in time");
        let full = Failure {
            status: Some(503),
            code: Some("SlowDown".to_owned()),
            request: Some("4442587FB7D0A2F9".to_owned()),
            ..Failure::new("PutObject", FailureKind::Throttled)
        };
        assert_eq!(
            full.to_string(),
            "expected PutObject to be done, found that it is asked too often (status 503, code SlowDown, request 4442587FB7D0A2F9)"
        );
    }

    #[test]
    fn what_is_no_word_of_a_service_is_left_out() {
        assert_eq!(word("AccessDenied"), Some("AccessDenied".to_owned()));
        for value in ["", "SMITH JOHN", "a:b", &"x".repeat(WORD_BYTES_MAX + 1)] {
            assert_eq!(word(value), None);
        }
    }

    #[test]
    fn denied_throttled_and_failed_are_told_apart() {
        for (status, code, kind) in [
            (503, "SlowDown", FailureKind::Throttled),
            (400, "ThrottlingException", FailureKind::Throttled),
            (429, "", FailureKind::Throttled),
            (403, "", FailureKind::Denied),
            (400, "AccessDeniedException", FailureKind::Denied),
            (503, "ServiceUnavailable", FailureKind::Service),
            (200, "InternalError", FailureKind::Service),
            (400, "ResourceNotFoundException", FailureKind::Missing),
            (400, "ValidationException", FailureKind::Rejected),
        ] {
            assert_eq!(answered(status, code), kind, "{status} {code}");
        }
    }
}
