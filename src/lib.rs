//! The program behind `tradewind`: configuration, the four rooms of the flow, and one file a subcommand.

pub mod acknowledge;
pub mod commands;
pub mod config;
pub mod flow;
pub mod home;
mod logging;
pub mod panics;
pub mod payer;
pub mod roles;
pub mod settings;
pub mod watch;
pub mod wiring;
