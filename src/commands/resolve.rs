//! `tradewind resolve`: an operator settles an item that nothing else settles, with a reason.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tradewind_broker::QueueName;
use tradewind_compliance::{Clock, IdSource, ItemId, WallClock};
use tradewind_ledger::{Cause, Effects, ItemOutcome, ItemState, Ledger, NewAudit, NewJob, Scope, UnixMs};

use super::{Outcome, put};
use crate::wiring::backends::OpenLedger;

/// What `resolve` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The item, as the timeline and the alarms name it
    item: ItemId,
    /// What is known of it now
    #[arg(long, value_enum)]
    as_: Resolution,
    /// Why, as a code: lower-case letters, digits and hyphens. It is kept in the item's timeline and in the audit
    #[arg(long)]
    reason: String,
    /// Who decides
    #[arg(long, env = "USER", default_value = "operator")]
    operator: String,
    /// The home folder
    #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME")]
    home: PathBuf,
}

/// What an operator may know.
#[derive(Clone, Copy, ValueEnum)]
enum Resolution {
    /// The partner has it: it never goes again
    Taken,
    /// The partner surely does not have it: it may go again
    NotTaken,
    /// It goes no further
    Quarantined,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(resolve(arguments))
}

async fn resolve(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let config = crate::config::load(&arguments.home)?;
    let open = OpenLedger::existing(&config).await?;
    let ledger = open.ledger();
    let item = ledger
        .item(&Scope::All, arguments.item)
        .await?
        .with_context(|| format!("there is no item {}", arguments.item))?;
    let by = format!("operator:{}", arguments.operator)
        .parse()
        .context("expected an operator's name of letters and digits")?;
    let reason = arguments.reason.parse().context("expected a reason of a-z, 0-9 and -")?;
    let cause = Cause { by, reason: Some(reason), note: None };
    let at = UnixMs(WallClock.now_unix_ms());
    let audit = NewAudit {
        at,
        actor: cause.by.clone(),
        action: "resolve".parse()?,
        subject: arguments.item.to_string(),
        detail: None,
    };
    // Nothing else would send what waits again before the partner's next file.
    let jobs = match (&item.destination, arguments.as_) {
        (Some(partner), Resolution::NotTaken) => vec![NewJob {
            id: IdSource::new(Arc::new(WallClock))?.job_id(),
            queue: QueueName::deliver(partner).as_str().parse()?,
            partner: partner.clone(),
            kind: "deliver".parse()?,
            reference: "resolve".to_owned(),
            due_at: at,
        }],
        _ => Vec::new(),
    };
    let effects = Effects { audit: vec![audit], jobs, ..Effects::none() };
    let settled = settle(ledger.as_ref(), arguments, item.state, cause, at, effects).await?;
    let after = ledger.item(&Scope::All, arguments.item).await?.map(|item| item.state);
    open.close().await;
    put(&format!("{} was {}, is {}\n", arguments.item, item.state, after.unwrap_or(item.state)))?;
    Ok(if settled { Outcome::Clean } else { Outcome::Faulty })
}

async fn settle(
    ledger: &dyn Ledger,
    arguments: &Arguments,
    state: ItemState,
    cause: Cause,
    at: UnixMs,
    effects: Effects,
) -> anyhow::Result<bool> {
    let items = [arguments.item];
    let outcome = match (arguments.as_, state) {
        (Resolution::NotTaken, ItemState::Quarantined) => {
            return Ok(ledger.release_items(&items, cause, at, effects).await?.changed == 1);
        }
        (Resolution::NotTaken, _) => ItemOutcome::NotTaken { attempts_max: u32::MAX },
        (Resolution::Taken, _) => ItemOutcome::Acknowledged,
        (Resolution::Quarantined, _) => ItemOutcome::Quarantined,
    };
    Ok(ledger.settle_items(&items, outcome, cause, at, effects).await?.changed == 1)
}
