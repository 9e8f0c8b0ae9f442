//! `tradewind resolve`: an operator settles items that nothing else settles, with a reason.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use tradewind_broker::QueueName;
use tradewind_compliance::{Clock, IdSource, ItemId, WallClock};
use tradewind_ledger::{
    Cause, Effects, Item, ItemOutcome, ItemState, Ledger, NewAudit, NewJob, STAGE_ITEMS_MAX, Scope, UnixMs,
};

use super::{Outcome, put};
use crate::wiring::backends::OpenLedger;

/// What `resolve` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The item, as the timeline and the alarms name it; or a delivery, for all of it that is quarantined or unknown
    #[arg(value_name = "ITEM")]
    of: String,
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
    let items = named(ledger.as_ref(), &arguments.of).await?;
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
        subject: arguments.of.clone(),
        detail: None,
    };
    // Nothing else would send what waits again before the partner's next file.
    let jobs = match (items.first().and_then(|item| item.destination.as_ref()), arguments.as_) {
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
    let settled = settle(ledger.as_ref(), arguments.as_, &items, cause, at, effects).await?;
    for page in items.chunks(STAGE_ITEMS_MAX) {
        let ids: Vec<ItemId> = page.iter().map(|item| item.id).collect();
        let now: BTreeMap<ItemId, ItemState> =
            ledger.items(&ids).await?.into_iter().map(|item| (item.id, item.state)).collect();
        for before in page {
            let after = now.get(&before.id).copied().unwrap_or(before.state);
            put(&format!("{} was {}, is {after}\n", before.id, before.state))?;
        }
    }
    open.close().await;
    Ok(if settled == items.len() { Outcome::Clean } else { Outcome::Faulty })
}

/// The item of this id, or what waits for a decision of the delivery of this id.
async fn named(ledger: &dyn Ledger, of: &str) -> anyhow::Result<Vec<Item>> {
    let item: ItemId = of.parse().with_context(|| format!("expected the id of an item or a delivery, found {of}"))?;
    if let Some(item) = ledger.item(&Scope::All, item).await? {
        return Ok(vec![item]);
    }
    let mut waiting = Vec::new();
    let carried: Vec<ItemId> =
        ledger.delivery_items(of.parse()?, false).await?.into_iter().map(|carried| carried.item).collect();
    for page in carried.chunks(STAGE_ITEMS_MAX) {
        waiting.extend(ledger.items(page).await?);
    }
    waiting.retain(|item| matches!(item.state, ItemState::Quarantined | ItemState::Unknown));
    if waiting.is_empty() {
        bail!("there is no item {of}, and no delivery {of} of which anything is quarantined or unknown");
    }
    Ok(waiting)
}

/// Gives how many items changed.
async fn settle(
    ledger: &dyn Ledger,
    as_: Resolution,
    items: &[Item],
    cause: Cause,
    at: UnixMs,
    effects: Effects,
) -> anyhow::Result<usize> {
    let ids = |items: &[&Item]| items.iter().map(|item| item.id).collect::<Vec<_>>();
    let outcome = match as_ {
        Resolution::NotTaken => ItemOutcome::NotTaken { attempts_max: u32::MAX },
        Resolution::Taken => ItemOutcome::Acknowledged,
        Resolution::Quarantined => ItemOutcome::Quarantined,
    };
    let release = |item: &&Item| matches!(as_, Resolution::NotTaken) && item.state == ItemState::Quarantined;
    let (released, settled): (Vec<&Item>, Vec<&Item>) = items.iter().partition(release);
    let mut changed = 0;
    if !settled.is_empty() {
        let effects = if released.is_empty() { effects.clone() } else { Effects::none() };
        changed += ledger.settle_items(&ids(&settled), outcome, cause.clone(), at, effects).await?.changed;
    }
    if !released.is_empty() {
        changed += ledger.release_items(&ids(&released), cause, at, effects).await?.changed;
    }
    Ok(changed as usize)
}
