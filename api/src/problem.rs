//! Problem documents (RFC 9457): what the client did and what to do about it, and nothing of what is inside.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use crate::gateway::{BodyError, Content, Fault, GatewayError};

/// How many faults one problem tells.
pub(crate) const FAULTS_MAX: usize = 100;

macro_rules! kinds {
    ($($kind:ident $slug:literal $status:ident $title:literal $advice:literal;)+) => {
        /// Everything that can be answered instead of what was asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $(#[doc = $title] $kind),+ }

        impl Kind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),+];

            /// The last part of its type.
            pub(crate) fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug),+ }
            }

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status),+ }
            }

            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$kind => $title),+ }
            }

            /// What to do.
            pub(crate) fn advice(self) -> &'static str {
                match self { $(Self::$kind => $advice),+ }
            }
        }
    };
}

kinds! {
    InvalidHeader "invalid-header" BAD_REQUEST "A header cannot be read"
        "Correct the header that `errors` names.";
    InvalidQuery "invalid-query" BAD_REQUEST "The query cannot be read"
        "`after` is an item's id as `next` gave it, `limit` is 1 to 1000; there is no other.";
    IncompleteBody "incomplete-body" BAD_REQUEST "The body ended too early"
        "Nothing was kept. Send the whole again.";
    InvalidX12 "invalid-x12" BAD_REQUEST "The body is no X12"
        "`errors` names the place where reading ended. Send an interchange from ISA to IEA.";
    InvalidJson "invalid-json" BAD_REQUEST "The body is no JSON that can be read"
        "`errors` names the place where reading ended.";
    Unauthorized "unauthorized" UNAUTHORIZED "A bearer token is needed"
        "Send `Authorization: Bearer` with a token that the gateway's operator gave you.";
    Forbidden "forbidden" FORBIDDEN "Your profile does not allow this"
        "Ask the gateway's operator to open this transaction for you.";
    NotFound "not-found" NOT_FOUND "There is nothing here"
        "Check the path and the id. What belongs to another partner is not here either.";
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "This method does not work here"
        "Use a method of the `Allow` header.";
    NotAcceptable "not-acceptable" NOT_ACCEPTABLE "No answer of that type"
        "Accept `application/edi-x12` or `application/json`.";
    SlowBody "slow-body" REQUEST_TIMEOUT "The body came too slowly"
        "Nothing was kept. Send the whole again without pauses.";
    KeyInUse "idempotency-key-in-use" CONFLICT "The first request with this key is not done"
        "Send the same again in a while to get its answer.";
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large"
        "Nothing was kept. Split the file, or send it over SFTP.";
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "This content type is not taken"
        "Send `application/edi-x12`, or `application/json` in UTF-8, without a content encoding.";
    InvalidContent "invalid-content" UNPROCESSABLE_ENTITY "The body does not fit its guide"
        "Correct what `errors` names and send it again.";
    UnknownPayer "unknown-payer" UNPROCESSABLE_ENTITY "No partner takes this for that payer"
        "Check the payer id, or ask the gateway's operator for a route.";
    KeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "This key stands for another body"
        "Use a new `Idempotency-Key` for each new request.";
    Internal "internal" INTERNAL_SERVER_ERROR "The gateway failed"
        "Send the same again, with the same `Idempotency-Key` if it had one. If it fails again, give `instance` to the gateway's operator.";
    PartnerFailed "partner-failed" BAD_GATEWAY "The payer gave no answer that can be read"
        "Send the inquiry again after 90 seconds.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "Nothing more can be taken now"
        "Nothing was kept. Send the same again after `Retry-After`.";
    StillWorking "still-working" SERVICE_UNAVAILABLE "The answer is not ready in time"
        "What you sent may have been taken. Send the same again after `Retry-After`: it has one effect.";
    PartnerTimeout "partner-timeout" GATEWAY_TIMEOUT "The payer did not answer in time"
        "Send the inquiry again after 90 seconds.";
}

/// A problem on its way out. `access` turns it into a document, since it knows the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    faults: Vec<Fault>,
    retry_after: Option<Duration>,
    token_wrong: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: String,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
}

impl Problem {
    pub(crate) fn new(kind: Kind) -> Self {
        let retry_after = matches!(kind, Kind::Overloaded | Kind::StillWorking | Kind::KeyInUse);
        let retry_after = retry_after.then_some(Duration::from_secs(1));
        Self { kind, faults: Vec::new(), retry_after, token_wrong: false }
    }

    /// A token was sent and is nobody's.
    pub(crate) fn wrong_token() -> Self {
        Self { token_wrong: true, ..Self::new(Kind::Unauthorized) }
    }

    pub(crate) fn with(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self.faults.truncate(FAULTS_MAX);
        self
    }

    /// What a client is told of the gateway's error. An inner error is logged here and goes no further.
    pub(crate) fn of(error: GatewayError, content: Content) -> Self {
        let malformed = if content == Content::Json { Kind::InvalidJson } else { Kind::InvalidX12 };
        let kind = match error {
            GatewayError::Body(error) => return Self::of_body(error),
            GatewayError::Malformed(faults) => return Self::new(malformed).with(faults),
            GatewayError::Invalid(faults) => return Self::new(Kind::InvalidContent).with(faults),
            GatewayError::Unavailable { retry_after } => {
                return Self { retry_after: Some(retry_after), ..Self::new(Kind::Overloaded) };
            }
            GatewayError::Internal(error) => {
                tracing::error!(error = %chain(&*error), "request failed");
                Kind::Internal
            }
            GatewayError::NoRoute => Kind::UnknownPayer,
            GatewayError::Forbidden => Kind::Forbidden,
            GatewayError::KeyReused => Kind::KeyReused,
            GatewayError::KeyInUse => Kind::KeyInUse,
            GatewayError::PartnerFailed => Kind::PartnerFailed,
            GatewayError::TimedOut => Kind::PartnerTimeout,
        };
        Self::new(kind)
    }

    pub(crate) fn of_body(error: BodyError) -> Self {
        let fault = |place: String, rule| Fault { place, rule, message: error.to_string() };
        match error {
            BodyError::TooLarge { .. } => {
                Self::new(Kind::BodyTooLarge).with(vec![fault("body".to_owned(), "http.body-size".into())])
            }
            BodyError::TooDeep { offset, .. } => {
                Self::new(Kind::InvalidJson).with(vec![fault(format!("byte {offset}"), "json.depth".into())])
            }
            BodyError::TooSlow => Self::new(Kind::SlowBody),
            BodyError::Cut => Self::new(Kind::IncompleteBody),
        }
    }

    /// The document, for the request of this id.
    pub(crate) fn document(&self, request: Uuid) -> Vec<u8> {
        let document = Document {
            r#type: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.kind.advice(),
            instance: format!("urn:uuid:{request}"),
            errors: &self.faults,
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.kind == Kind::Unauthorized {
            let challenge = r#"Bearer realm="tradewind""#;
            let refused = r#"Bearer realm="tradewind", error="invalid_token""#;
            let text = if self.token_wrong { refused } else { challenge };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(text));
        }
        response.extensions_mut().insert(self);
        response
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_problem_has_a_name_of_its_own_and_is_documented() {
        let slugs: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::MethodNotAllowed) {
            assert!(crate::OPENAPI.contains(&format!("\"{}\"", kind.slug())), "{kind:?}");
        }
    }
}
