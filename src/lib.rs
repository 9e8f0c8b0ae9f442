//! The program behind `tradewind`: configuration, the four rooms of the flow, and one file a subcommand.

pub mod commands;
pub mod config;
