//! `tradewind keys`: the branch keys that everything of a partner is sealed under.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use tradewind_compliance::keys::{BranchKeys, Rewrapped};
use tradewind_compliance::{Clock, PartnerId, WallClock};
use tradewind_ledger::{Effects, NewAudit, UnixMs};

use super::{Outcome, put, wait_for};
use crate::config::{self, By, Config, Partner};
use crate::wiring::backends::{self, OpenLedger};

/// What `keys` takes.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// The home folder
    #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME", global = true)]
    home: PathBuf,
    /// Who does it
    #[arg(long, env = "USER", default_value = "operator", global = true)]
    operator: String,
}

#[derive(Subcommand)]
enum What {
    /// Make a new version of the branch keys of partners: it seals from now on, and what older ones sealed still opens
    Rotate {
        /// The partners; all that are configured when none is named
        partners: Vec<PartnerId>,
    },
    /// Wrap every branch key anew under the current root key or KMS key. No body is touched; run it again if it says so
    Rewrap,
    /// Destroy the keys of a partner: nothing that was ever sealed for it opens again. It cannot be undone
    Shred {
        /// The partner
        partner: PartnerId,
        /// The partner's name again: what is done cannot be undone
        #[arg(long, value_name = "PARTNER")]
        confirm: PartnerId,
    },
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let config = config::load(&arguments.home)?;
    wait_for(async {
        let ledger = OpenLedger::existing(&config).await?;
        let done = work(&config, &ledger, arguments).await;
        ledger.close().await;
        done
    })
}

async fn work(config: &Config, ledger: &OpenLedger, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let keys = backends::branch_keys(config, ledger, backends::key_managers(config).await?.branch)?;
    match &arguments.what {
        What::Rotate { partners } => {
            let named: Vec<&PartnerId> =
                if partners.is_empty() { config.partners.keys().collect() } else { partners.iter().collect() };
            for partner in named {
                let id = keys.rotate(partner).await.with_context(|| format!("partner {partner}"))?;
                audit(ledger, arguments, "keys-rotated", partner.as_str()).await?;
                put(&format!("{partner}: version {} seals from now on\n", id.version))?;
            }
            Ok(Outcome::Clean)
        }
        What::Rewrap => rewrap(&keys, ledger, arguments).await,
        What::Shred { partner, confirm } => {
            anyhow::ensure!(partner == confirm, "--confirm names another partner: nothing was destroyed");
            let known = config.partners.contains_key(partner) || has_keys(ledger, partner).await?;
            anyhow::ensure!(known, "there is no partner {partner}, and no key of one: nothing was destroyed");
            // Before the deed: whoever reads the audit learns of one that did not come to its end, too.
            audit(ledger, arguments, "keys-shredded", partner.as_str()).await?;
            let count = keys.shred(partner).await?;
            put(&format!("{partner}: {count} key(s) destroyed\n{}", copies(config, partner)))?;
            Ok(Outcome::Clean)
        }
    }
}

async fn has_keys(ledger: &OpenLedger, partner: &PartnerId) -> anyhow::Result<bool> {
    Ok(!ledger.branch_keys().list(Some(partner)).await?.is_empty())
}

async fn rewrap(keys: &BranchKeys, ledger: &OpenLedger, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Rewrapped { rewrapped, current, changed_meanwhile } = keys.rewrap_all().await?;
    audit(ledger, arguments, "keys-rewrapped", "all").await?;
    put(&format!("{rewrapped} key(s) wrapped anew, {current} were current, {changed_meanwhile} changed meanwhile\n"))?;
    if changed_meanwhile > 0 {
        put("run it again for those that changed meanwhile\n")?;
    }
    Ok(Outcome::of(changed_meanwhile == 0))
}

/// Where copies of the keys that were destroyed may still lie, and for how long.
fn copies(config: &Config, partner: &PartnerId) -> String {
    let gateway = &config.gateway;
    let kept = gateway.ledger.backups_kept_days.map_or_else(
        || "for as long as you keep them ([ledger] backups-kept-days would name it here)".to_owned(),
        |days| format!("for {days} days"),
    );
    let ledger = match &gateway.ledger.url {
        Some(_) => "backups and write-ahead log archives of the PostgreSQL database",
        None => "backups of the data folder",
    };
    let mut text = format!(
        "Other processes that run forget it within the age of their caches, 5 minutes.\n\
         Wrapped copies stay in {ledger} {kept}.\n"
    );
    text.push_str(&root(config, partner));
    let by_queue = |other: &Partner| other.deliver.as_ref().is_some_and(|deliver| deliver.by == By::Queue);
    for (name, _) in config.partners.iter().filter(|(_, other)| by_queue(other)) {
        text.push_str(&format!(
            "Items of it that wait on {}.items.{name} open for that queue's consumers still: they or you empty it.\n",
            gateway.queues.prefix
        ));
    }
    text
}

/// Who could still open a wrapped copy.
#[cfg(feature = "aws")]
fn root(config: &Config, partner: &PartnerId) -> String {
    let Some(kms) = &config.gateway.kms else { return local_root() };
    match kms.partners.get(partner.as_str()) {
        Some(key) => format!(
            "They open with the KMS key {key}, which is this partner's alone: schedule its deletion (7 to 30 days).\n"
        ),
        None => format!("They open with the KMS key {}, which other partners use, too.\n", kms.key),
    }
}

#[cfg(not(feature = "aws"))]
fn root(_: &Config, _: &PartnerId) -> String {
    local_root()
}

fn local_root() -> String {
    "They open with the root key in the keys folder and in its backups, which other partners use, too.\n".to_owned()
}

async fn audit(ledger: &OpenLedger, arguments: &Arguments, action: &str, subject: &str) -> anyhow::Result<()> {
    let actor = format!("operator:{}", arguments.operator);
    let audit = NewAudit {
        at: UnixMs(WallClock.now_unix_ms()),
        actor: actor.parse().context("expected an operator's name of letters and digits")?,
        action: action.parse()?,
        subject: subject.to_owned(),
        detail: None,
    };
    Ok(ledger.ledger().record(Effects { audit: vec![audit], ..Effects::none() }).await?)
}
