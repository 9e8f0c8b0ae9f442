//! The log: to standard error, and never a value from a payload.

use tracing_subscriber::EnvFilter;

/// Starts the log. `TRADEWIND_LOG` sets the level, as `info` or `tradewind=debug,warn`.
pub(crate) fn start(json: bool) {
    let filter =
        EnvFilter::try_from_env("TRADEWIND_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,russh=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only where a log was started before, which then serves.
    let _ = if json { log.json().try_init() } else { log.with_target(false).try_init() };
}
