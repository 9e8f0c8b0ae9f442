//! `tradewind check`: the configuration, every problem at once.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, put, say, wait_for};
use crate::settings::Settings;

/// What `check` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The home folder
    #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME")]
    home: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    anyhow::ensure!(arguments.home.is_dir(), "{} is no folder", arguments.home.display());
    match wait_for(async { Ok(Settings::load(&arguments.home).await) })? {
        Ok(Settings { config, .. }) => {
            put(&format!(
                "{} partner(s), {} route(s): no problem found\n",
                config.partners.len(),
                config.routes.routes.len()
            ))?;
            Ok(Outcome::Clean)
        }
        Err(problems) => {
            say(&problems.to_string());
            Ok(Outcome::Faulty)
        }
    }
}
