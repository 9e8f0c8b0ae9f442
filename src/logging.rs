//! The log: to standard error, and never a value from a payload.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Below this level the AWS SDK tells the names of objects, which may be those of people.
const AWS: &str = "aws_=info";

/// Starts the log. `TRADEWIND_LOG` sets the level, as `info` or `tradewind=debug,warn`.
pub(crate) fn start(json: bool) {
    // What lapin calls errors are answers that the broker crate asked for (is there such a queue?); what goes wrong that tells by itself.
    let filter = EnvFilter::try_from_env("TRADEWIND_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,russh=warn,lapin=off"));
    let filter = AWS.parse().map_or(EnvFilter::new("info"), |aws| filter.add_directive(aws));
    // Colours are for eyes: a file or a collector gets none.
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // It would tell on standard error that it cannot write to it, which ends a thread where the log's disk is full.
    let log = log.log_internal_errors(false);
    // Fails only where a log was started before, which then serves.
    let _ = if json { log.json().try_init() } else { log.with_target(false).try_init() };
}
