//! Drives the real server over TCP, with a gateway that does what the test asks of it.

// Helpers of tests may fail like tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod auth;
mod eligibility;
mod lifetime;
mod limits;
mod openapi;
mod operations;
mod silence;
mod submit;
mod support;
mod tls;
mod views;
