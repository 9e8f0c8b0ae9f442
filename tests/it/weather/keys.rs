//! KMS in bad weather.

use super::outlasts;
use crate::support::sky::Weather;

/// What AWS answers.
fn says(kind: &'static str) -> Weather {
    Weather::Says("400 Bad Request", kind)
}

#[test]
fn keys_that_are_throttled() {
    let throttled = says(r#"{"__type":"ThrottlingException"}"#);
    outlasts(
        22_100,
        |sky| &sky.keys,
        throttled,
        |trip| trip.outlasts_attempts("expected an answer from the key manager"),
    );
}

#[test]
fn keys_that_are_denied() {
    let denied = says(r#"{"__type":"AccessDeniedException"}"#);
    outlasts(
        22_200,
        |sky| &sky.keys,
        denied,
        |trip| trip.outlasts_attempts("expected the right to use the key manager"),
    );
}

#[test]
fn keys_that_are_away() {
    outlasts(
        22_300,
        |sky| &sky.keys,
        Weather::Cut,
        |trip| trip.outlasts_attempts("expected an answer from the key manager"),
    );
}
