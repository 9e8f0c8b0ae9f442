//! Tells the broker how messages ended.

use std::sync::Arc;
use std::time::Duration;

use lapin::Acker;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Shared;
use super::connection::{wait, within};
use super::publish::Target;
use super::shelf::Ended;
use crate::{Message, Outcome};

/// How long one word to the broker may take; a connection that is as slow is given up anyway.
const TELL_TIMEOUT: Duration = Duration::from_secs(10);

/// A delay of two seconds at least is another queue than the shortest.
const DELAY_AGAIN_MIN: Duration = Duration::from_secs(2);

/// Runs until the end. Each message is settled by a task of its own; there are as many as the broker gives out.
pub(super) async fn run(shared: Arc<Shared>, mut ended: mpsc::UnboundedReceiver<Ended>) {
    let mut settling = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stopped() => return,
            Some(ended) = ended.recv() => {
                let shared = shared.clone();
                settling.spawn(async move {
                    settle(&shared, ended).await;
                    shared.shelf.told();
                });
            }
            Some(_) = settling.join_next(), if !settling.is_empty() => {}
        }
    }
}

async fn settle(shared: &Shared, Ended { message, acker, outcome }: Ended) {
    let told = match outcome {
        Outcome::Done => true,
        Outcome::Returned => return give_back(&acker).await,
        Outcome::RetryAfter(_) if message.attempt >= shared.options.attempts_max => {
            quarantine(shared, message, &acker, "attempts-exhausted").await
        }
        Outcome::RetryAfter(after) => {
            let next = Message { attempt: message.attempt + 1, ..message };
            hand_on(shared, Target::Delay(after), &next, &acker).await
        }
        // Published anew and not given back: what is given back counts towards the broker's own limit.
        Outcome::Later(after) => hand_on(shared, Target::Delay(after), &message, &acker).await,
        Outcome::Rejected(reason) => quarantine(shared, message, &acker, reason).await,
    };
    // One that is not told comes again: consumers are idempotent by its id.
    if told && within(TELL_TIMEOUT, acker.ack(BasicAckOptions::default())).await.is_err() {
        tracing::debug!("a message that is done was not settled with RabbitMQ; it comes again");
    }
}

async fn give_back(acker: &Acker) {
    let requeue = BasicNackOptions { requeue: true, ..Default::default() };
    // A connection that ended gives its messages back by itself.
    let _ = within(TELL_TIMEOUT, acker.nack(requeue)).await;
}

async fn quarantine(shared: &Shared, message: Message, acker: &Acker, reason: &'static str) -> bool {
    let there = hand_on(shared, Target::Quarantine(reason), &message, acker).await;
    if there {
        tracing::error!(queue = %message.queue, partner = %message.partner, job = %message.id, reason, "a message is quarantined");
        shared.settlement.quarantined(&message, reason);
    }
    there
}

/// Publishes what a message becomes, confirmed before the message itself is acknowledged: a process that dies between leaves two, never none.
/// It is tried until the broker has it, or until the broker has taken the message back from us; a delay that does not take it gives way to the next.
async fn hand_on(shared: &Shared, mut target: Target, message: &Message, acker: &Acker) -> bool {
    let mut failures = 0;
    while !acker.poisoned() {
        let Err(error) = shared.publish(target, message.clone()).await else { return true };
        failures += 1;
        if let Target::Delay(wait) = &mut target
            && failures > 1
        {
            *wait = wait.saturating_mul(2).max(DELAY_AGAIN_MIN);
        }
        tracing::warn!(%error, failures, "a message could not be handed on; it is tried again");
        tokio::time::sleep(wait(failures)).await;
    }
    false
}
