//! The real program, driven by real clients.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

mod arrows;
mod bad_input;
mod canary;
mod cli;
mod cli_ack;
mod cli_ack_fixtures;
mod cli_codes;
mod cli_companion;
mod cli_csv;
mod cli_deidentify;
mod cli_guide;
mod cli_home;
mod cli_report;
mod cli_schema;
mod cli_threads;
mod cli_validate;
mod crash;
mod cut;
mod drop;
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
mod events;
mod generated_pages;
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
mod messages;
mod pages;
mod panics;
mod payer;
mod resolve;
mod sealed;
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
mod seals_only;
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
mod secrets;
mod stop;
mod support;
mod trip;
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
mod weather;
