//! `tradewind ledger`: what the system of record says, and its move to a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use tradewind_compliance::{Clock, WallClock};
use tradewind_ledger::{Conservation, Kind, Ledger, UnixMs};

use super::{Outcome, put, wait_for};
use crate::config::{self, Config, SecretRef};
use crate::wiring::backends::OpenLedger;

/// What `ledger` takes.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// The home folder
    #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME", global = true)]
    home: PathBuf,
}

#[derive(Subcommand)]
enum What {
    /// Where every item is, what waits in the outbox, and the alarms that are open. Exit code 1 where items are lost or doubled
    Status {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Clear an alarm that somebody has dealt with. Those that clear themselves open again where the reason is still there
    Clear {
        /// What is wrong, as `status` and the log name it
        #[arg(value_name = "ALARM")]
        kind: Kind,
        /// With what
        subject: String,
    },
    /// Copy the ledger in the data folder into an empty PostgreSQL database, all of it or nothing. Stop the gateway first
    Copy {
        /// The database, as a reference to its URL: env:NAME or file:PATH
        #[arg(long, value_name = "REFERENCE")]
        to: String,
    },
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let config = config::load(&arguments.home)?;
    wait_for(async {
        match &arguments.what {
            What::Status { json } => {
                let ledger = OpenLedger::existing(&config).await?;
                let told = status(ledger.ledger().as_ref(), *json).await;
                ledger.close().await;
                told
            }
            What::Clear { kind, subject } => {
                let ledger = OpenLedger::existing(&config).await?;
                let at = UnixMs(WallClock.now_unix_ms());
                let cleared = ledger.ledger().clear_alarm(kind, subject, at).await;
                ledger.close().await;
                let was_open = cleared?;
                put(if was_open { "cleared\n" } else { "no such alarm is open\n" })?;
                Ok(Outcome::of(was_open))
            }
            What::Copy { to } => copy(config, SecretRef::try_from(to.clone())?).await,
        }
    })
}

/// The conservation line.
pub(super) fn line(counts: &Conservation) -> String {
    format!(
        "received {} = answered {} + rejected {} + quarantined {} + in flight {} (unknown among them {}): {}",
        counts.received,
        counts.answered,
        counts.rejected,
        counts.quarantined,
        counts.in_flight,
        counts.unknown,
        if counts.holds() { "holds" } else { "DOES NOT HOLD" },
    )
}

async fn status(ledger: &dyn Ledger, as_json: bool) -> anyhow::Result<Outcome> {
    let counts = ledger.conservation(None).await?;
    let (depths, alarms) = (ledger.depths().await?, ledger.open_alarms().await?);
    if as_json {
        let queues: Vec<_> = depths
            .iter()
            .map(|depth| {
                json!({ "queue": depth.lane.queue.as_str(), "partner": depth.lane.partner.as_str(), "ready": depth.ready })
            })
            .collect();
        let alarms: Vec<_> = alarms
            .iter()
            .map(|alarm| json!({ "kind": alarm.kind.as_str(), "subject": alarm.subject, "since": alarm.opened_at.0 }))
            .collect();
        let told = json!({
            "received": counts.received, "answered": counts.answered, "rejected": counts.rejected,
            "quarantined": counts.quarantined, "in_flight": counts.in_flight, "unknown": counts.unknown,
            "holds": counts.holds(), "line": line(&counts), "outbox": queues, "alarms": alarms,
        });
        put(&format!("{told}\n"))?;
    } else {
        put(&format!("{}\n", line(&counts)))?;
        for depth in &depths {
            put(&format!("outbox {} for {}: {} wait\n", depth.lane.queue, depth.lane.partner, depth.ready))?;
        }
        for alarm in &alarms {
            put(&format!("alarm {} of {}\n", alarm.kind, alarm.subject))?;
        }
    }
    Ok(Outcome::of(counts.holds()))
}

#[cfg(feature = "postgres")]
async fn copy(mut config: Config, to: SecretRef) -> anyhow::Result<Outcome> {
    use std::io::{self, IsTerminal};

    use anyhow::Context;
    use indicatif::ProgressBar;

    let mut target = config.clone();
    target.gateway.ledger.url = Some(to);
    config.gateway.ledger.url = None;
    let OpenLedger::Sqlite(from) = OpenLedger::existing(&config).await? else {
        anyhow::bail!("expected a ledger in a file")
    };
    let OpenLedger::Postgres(to) = OpenLedger::existing(&target).await? else { anyhow::bail!("expected a database") };
    let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let progress = |table, rows| bar.set_message(format!("{table}: {rows} rows"));
    let copied = to.copy_from(&from, progress).await.context("nothing was copied")?;
    bar.finish_and_clear();
    for (table, rows) in copied.iter().filter(|(_, rows)| *rows > 0) {
        put(&format!("{rows:>12} {table}\n"))?;
    }
    let entries = tradewind_ledger::Watch::verify_audit(to.as_ref()).await.context("the audit chain")?;
    let (before, after) = (conservation(&from).await?, conservation(to.as_ref()).await?);
    put(&format!(
        "the audit chain holds over {entries} entries\nbefore: {}\nafter:  {}\n",
        line(&before),
        line(&after)
    ))?;
    from.close().await;
    to.close().await;
    Ok(Outcome::of(before == after && after.holds()))
}

#[cfg(feature = "postgres")]
async fn conservation(ledger: &dyn Ledger) -> anyhow::Result<Conservation> {
    Ok(ledger.conservation(None).await?)
}

#[cfg(not(feature = "postgres"))]
async fn copy(_: Config, _: SecretRef) -> anyhow::Result<Outcome> {
    anyhow::bail!("this program was built without the feature `postgres`")
}
