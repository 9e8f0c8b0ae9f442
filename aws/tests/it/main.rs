//! The AWS backends against real servers: the contracts of their seams, and bad weather.

// Helpers of tests are not tests to the lints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod events;
mod kms;
mod kms_weather;
mod messages;
mod s3;
mod s3_weather;
mod secrets;
mod support;
mod vault;
