//! The program behind `tradewind`: configuration, the four rooms of the flow, and one file a subcommand.

pub mod acknowledge;
pub mod commands;
pub mod config;
pub mod home;
pub mod payer;
pub mod settings;
