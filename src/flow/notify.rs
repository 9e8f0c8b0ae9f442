//! Tells requestors' webhooks what partners answered: signed, retried with backoff, up to a limit.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradewind_broker::backoff;
use tradewind_ledger::{Attempt, Effects, NewAlarm, Notification, Scope, UnixMs, Wake};
use tradewind_transfer::webhook::{RefusedReason, WebhookConfig, WebhookOutcome, WebhookSender};

use super::view::{answer_body, sealed_parts, timestamp};
use super::{Flow, FlowError, away, measure};

/// How long an attempt may take before another process may make it.
const LEASE_MS: u64 = 60_000;
/// Webhooks that are under way at once, and of one partner.
const AT_ONCE: u32 = 64;
const PER_PARTNER: u32 = 16;
/// The queue is looked at at least so often.
const POLL: Duration = Duration::from_millis(500);
/// Attempts before a webhook is given up: about a day with the backoff's longest waits.
const ATTEMPTS_MAX: u32 = 100;
/// A webhook whose engine is away waits as after so many attempts: half a minute at the most.
const AWAY_TRIES: u32 = 6;

/// Runs until `stop`.
pub(super) async fn run(flow: Arc<Flow>, stop: CancellationToken) {
    let senders = match Senders::new() {
        Ok(senders) => Arc::new(senders),
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be sent");
            return;
        }
    };
    let (mut calls, mut wakes) = (JoinSet::new(), flow.ledger.wakes());
    while !stop.is_cancelled() {
        let now = flow.now();
        let room = AT_ONCE.saturating_sub(u32::try_from(calls.len()).unwrap_or(u32::MAX));
        let leased = match flow.ledger.lease_notifications(now, now.plus(LEASE_MS), PER_PARTNER, room).await {
            Ok(leased) => leased,
            Err(error) => {
                tracing::warn!(%error, "webhooks cannot be read from the ledger; it is tried again");
                Vec::new()
            }
        };
        let idle = leased.is_empty();
        for notification in leased {
            let (flow, senders) = (flow.clone(), senders.clone());
            calls.spawn(async move {
                if let Err(error) = attempt(&flow, &senders, &notification).await {
                    tracing::warn!(notification = %notification.id, %error, "a webhook's attempt was not recorded; it is made again");
                }
            });
        }
        if idle {
            tokio::select! {
                () = stop.cancelled() => {}
                () = wakes.wait(|wake| wake == Wake::Notifications) => {}
                () = tokio::time::sleep(POLL) => {}
                Some(_) = calls.join_next() => {}
            }
        } else if room == 0 {
            calls.join_next().await;
        }
        while calls.try_join_next().is_some() {}
    }
    while calls.join_next().await.is_some() {}
}

/// One sender for public addresses alone, one for partners whose webhook may be private.
struct Senders {
    public: WebhookSender,
    private: WebhookSender,
}

/// Networks that are not public, for partners that are configured so.
const PRIVATE: [&str; 8] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
];

impl Senders {
    fn new() -> Result<Self, FlowError> {
        let allowed_networks = PRIVATE.iter().filter_map(|network| network.parse().ok()).collect();
        let private = WebhookConfig { allowed_networks, allow_clear_http: true, ..WebhookConfig::default() };
        let sender = |config| WebhookSender::new(config).map_err(|_| FlowError::Internal("a usable TLS configuration"));
        Ok(Self { public: sender(WebhookConfig::default())?, private: sender(private)? })
    }
}

async fn attempt(flow: &Flow, senders: &Senders, notification: &Notification) -> Result<(), FlowError> {
    let settings = flow.settings();
    let partner = settings.partner(&notification.partner);
    let end = match (
        partner.and_then(|partner| partner.webhook.as_ref()),
        settings.webhook_secret(&notification.partner),
    ) {
        (Some(webhook), Some(secret)) => match body(flow, notification).await {
            Ok(body) => {
                let sender = if webhook.private_allowed { &senders.private } else { &senders.public };
                let seconds = flow.now().0 / 1_000;
                let outcome = sender.send(&webhook.url, secret, notification.id.as_str(), seconds, body.into()).await;
                ended(flow, notification, outcome)?
            }
            Err(error) if away::is_away(&error) => {
                tracing::warn!(partner = %notification.partner, notification = %notification.id, %error, "a webhook waits for what is away");
                Attempt::Postponed(later(flow.now(), backoff(AWAY_TRIES, rand::random())))
            }
            // Its lease brings it again, in a while.
            Err(error) if notification.attempts < ATTEMPTS_MAX => return Err(error),
            Err(_) => Attempt::Abandoned("body-not-readable".parse()?),
        },
        _ => Attempt::Abandoned("webhook-not-configured".parse()?),
    };
    let word = match &end {
        Attempt::Delivered => "delivered",
        Attempt::RetryAt(..) => "retried",
        Attempt::Postponed(_) => "postponed",
        Attempt::Abandoned(_) => "abandoned",
    };
    measure::webhook(&notification.partner, word);
    let mut effects = Effects::none();
    if let Attempt::Abandoned(reason) = &end {
        tracing::error!(partner = %notification.partner, notification = %notification.id, %reason, "a webhook is given up");
        effects.alarms.push(NewAlarm {
            kind: "webhook-abandoned".parse()?,
            subject: notification.partner.to_string(),
            reason: Some(reason.clone()),
            at: flow.now(),
        });
    }
    Ok(flow.ledger.settle_notification(notification.id, end, flow.now(), effects).await?)
}

fn ended(flow: &Flow, notification: &Notification, outcome: WebhookOutcome) -> Result<Attempt, FlowError> {
    match outcome {
        WebhookOutcome::Delivered => Ok(Attempt::Delivered),
        WebhookOutcome::Gone => Ok(Attempt::Abandoned("gone".parse()?)),
        WebhookOutcome::Refused(RefusedReason::Address) => Ok(Attempt::Abandoned("address-not-allowed".parse()?)),
        WebhookOutcome::Refused(_) => Ok(Attempt::Abandoned("address-not-usable".parse()?)),
        WebhookOutcome::Retry { .. } if notification.attempts >= ATTEMPTS_MAX => {
            Ok(Attempt::Abandoned("attempts-exhausted".parse()?))
        }
        WebhookOutcome::Retry { after, .. } => {
            let wait = after.unwrap_or_else(|| backoff(notification.attempts, rand::random()));
            Ok(Attempt::RetryAt(later(flow.now(), wait), "not-taken".parse()?))
        }
    }
}

fn later(now: UnixMs, wait: Duration) -> UnixMs {
    now.plus(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

/// What the requestor gets: the item, its own keys, and the partner's answer in the engine's JSON.
async fn body(flow: &Flow, notification: &Notification) -> Result<Vec<u8>, FlowError> {
    let answer = flow.ledger.answer(notification.answer).await?.ok_or(FlowError::Internal("an answer"))?;
    let scope = Scope::Partner(notification.partner.clone());
    let item = flow.ledger.item(&scope, answer.item).await?.ok_or(FlowError::Internal("an answer's item"))?;
    let (keys, _) = sealed_parts(flow, &item).await?;
    let body = json!({
        "type": notification.kind.as_str(),
        "timestamp": timestamp(answer.at),
        "data": {
            "item": item.id,
            "file": item.receipt,
            "guide": item.guide.as_str(),
            "state": item.state.as_str(),
            "keys": keys,
            "answer": { "id": answer.id, "kind": answer.kind.as_str(), "outcome": answer.outcome.as_str(),
                        "body": answer_body(flow, &answer).await? },
        },
    });
    serde_json::to_vec(&body).map_err(|_| FlowError::Internal("a webhook's body as JSON"))
}
