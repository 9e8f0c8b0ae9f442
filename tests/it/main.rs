//! The real program, driven by real clients.

mod arrows;
mod cli;
mod cli_ack;
mod cli_ack_fixtures;
mod cli_home;
mod crash;
mod drop;
mod generated_pages;
mod panics;
mod payer;
mod support;
