//! Looks at the whole from time to time: acknowledgments that are overdue, queues that only grow, and configuration that was changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;
use tradewind_ledger::{Depth, Kind, LedgerError, NewAlarm};

use crate::flow::Flow;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// A changed configuration that could not be taken is tried again after so long.
const RELOAD_AGAIN: Duration = Duration::from_secs(60);
/// A queue whose oldest job is older than this raises an alarm.
const AGE_MAX_MS: u64 = 15 * 60_000;
/// Overdue acknowledgments that are looked at at once.
const OVERDUE_MAX: u32 = 1_000;

/// Runs until `stop`. Every process reads its configuration again; alarms are the role's that watches, and wait for no file and no secret.
pub async fn run(flow: Arc<Flow>, alarms: bool, stop: CancellationToken) {
    tokio::join!(configure(&flow, &stop), async {
        let mut old = None;
        while alarms && rested(&stop).await {
            if let Err(error) = look(&flow, &mut old).await {
                tracing::warn!(%error, "the watch could not read or write the ledger");
            }
        }
    });
}

/// True after a while, false at the stop.
async fn rested(stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some()
}

/// Takes up what was changed in the configuration's files, and secrets that are kept elsewhere.
async fn configure(flow: &Flow, stop: &CancellationToken) {
    let mut seen = stamps(flow);
    let (mut secrets_read, mut again) = (Instant::now(), None);
    while rested(stop).await {
        let now = stamps(flow);
        if now != seen || again.is_some_and(|at| Instant::now() >= at) {
            seen = now;
            secrets_read = Instant::now();
            again = None;
            match flow.settings.reload().await {
                Ok(()) => tracing::info!("the changed configuration is in force"),
                Err(problems) => {
                    tracing::error!(%problems, "the changed configuration is not taken; the old one stays in force");
                    // It may be a secret's keeper that was away.
                    again = Some(Instant::now() + RELOAD_AGAIN);
                }
            }
        }
        let fresh = flow.settings().config.secrets.fresh();
        if fresh.is_some_and(|fresh| secrets_read.elapsed() > fresh) {
            secrets_read = Instant::now();
            if let Err(problems) = flow.settings.renew_secrets().await {
                tracing::error!(%problems, "secrets cannot be read again; the old ones stay in force");
            }
        }
    }
}

/// Opens and clears alarms by what stands in the ledger. `old` is what the last look found, if there was one.
async fn look(flow: &Flow, old: &mut Option<BTreeSet<String>>) -> Result<(), LedgerError> {
    let now = flow.now();
    for owed in flow.ledger.overdue_acknowledgments(now, OVERDUE_MAX).await? {
        let (kind, subject) = ("acknowledgment-overdue".parse()?, owed.delivery.to_string());
        let reason = Some(format!("no-{}", owed.kind.as_str().to_ascii_lowercase()).parse()?);
        if flow.ledger.open_alarm(NewAlarm { kind, subject, reason, at: now }).await? {
            tracing::error!(partner = %owed.partner, delivery = %owed.delivery, kind = %owed.kind, "an acknowledgment is overdue");
        }
    }
    let kind: Kind = "queue-old".parse()?;
    let before = match old.take() {
        Some(before) => before,
        None => {
            let open = flow.ledger.open_alarms().await?.into_iter().filter(|alarm| alarm.kind == kind);
            open.map(|alarm| alarm.subject).collect()
        }
    };
    let depths = flow.ledger.depths().await?;
    // A queue is as old as the oldest of its partners' jobs.
    let is_old = |depth: &&Depth| depth.oldest_at.is_some_and(|at| now.0.saturating_sub(at.0) > AGE_MAX_MS);
    let found: BTreeSet<String> = depths.iter().filter(is_old).map(|depth| depth.lane.queue.to_string()).collect();
    for subject in &found {
        let alarm = NewAlarm { kind: kind.clone(), subject: subject.clone(), reason: None, at: now };
        if flow.ledger.open_alarm(alarm).await? {
            tracing::error!(queue = %subject, "a queue's oldest job is too old");
        }
    }
    for subject in before.difference(&found) {
        flow.ledger.clear_alarm(&kind, subject, now).await?;
    }
    *old = Some(found);
    Ok(())
}

/// When each file of the configuration was changed.
fn stamps(flow: &Flow) -> BTreeMap<PathBuf, SystemTime> {
    let settings = flow.settings();
    let config = &settings.config;
    let mut stamps = BTreeMap::new();
    stamp(&config.home.join(&config.gateway.routes), &mut stamps);
    let codes = config.gateway.codes.as_ref().map(|folder| config.home.join(folder));
    for folder in [Some(config.partners_folder()), codes].into_iter().flatten() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            stamp(&entry.path(), &mut stamps);
        }
    }
    stamps
}

fn stamp(file: &Path, stamps: &mut BTreeMap<PathBuf, SystemTime>) {
    if let Ok(changed) = std::fs::metadata(file).and_then(|metadata| metadata.modified()) {
        stamps.insert(file.to_owned(), changed);
    }
}
