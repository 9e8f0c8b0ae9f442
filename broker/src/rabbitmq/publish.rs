//! The connection that publishes: many messages under way at once, each answered when the broker has confirmed it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Event};
use tokio::sync::{mpsc, oneshot};

use super::connection::{Fault, Link, wait, within};
use super::names::{Lane, Names, delay_ms};
use super::{Shared, wire};
use crate::{BrokerError, Message, QueueName};

/// Messages that wait for their confirm at once.
const UNCONFIRMED_MAX: usize = 1024;
/// How long the broker may take to declare a queue or to open a channel.
const DECLARE_TIMEOUT: Duration = Duration::from_secs(10);
/// The connection is looked after at least so often.
const LOOK: Duration = Duration::from_secs(1);

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// To its lane.
    Lane,
    /// To its lane after a while.
    Delay(Duration),
    /// To quarantine, with the reason.
    Quarantine(&'static str),
}

/// A message to publish, and who waits for its confirm.
pub(super) struct Job {
    pub(super) target: Target,
    pub(super) message: Message,
    pub(super) reply: oneshot::Sender<Result<(), BrokerError>>,
}

/// A message that the broker answered for.
struct Landed {
    place: Place,
    queue: QueueName,
    reply: oneshot::Sender<Result<(), BrokerError>>,
    result: lapin::Result<Confirmation>,
}

/// What tells a message that came back: exchange, routing key, id.
type Place = (String, String, String);

/// Runs until the end, connection after connection.
pub(super) async fn run(shared: Arc<Shared>, mut jobs: mpsc::Receiver<Job>) {
    let mut failures = 0;
    loop {
        let ended = tokio::select! {
            () = shared.stopped() => return,
            opened = Link::open(&shared.options, "tradewind publisher") => match opened {
                Ok(link) => {
                    failures = 0;
                    shared.linked(session(&shared, link, &mut jobs)).await
                }
                Err(fault) => Err(fault),
            },
        };
        let Err(fault) = ended else { return };
        failures += 1;
        tracing::warn!(%fault, failures, "no connection to RabbitMQ to publish on; it is tried again");
        tokio::select! {
            () = shared.stopped() => return,
            () = tokio::time::sleep(wait(failures)) => {}
        }
    }
}

/// Publishes on one connection. `Ok` at the end of everything; who waits on a connection that ended hears that nothing is confirmed.
async fn session(shared: &Shared, link: Link, jobs: &mut mpsc::Receiver<Job>) -> Result<(), Fault> {
    let mut desk = Desk::open(&shared.names, &link).await?;
    let mut events = Box::pin(link.connection.events_listener());
    loop {
        let free = desk.under_way.len() < UNCONFIRMED_MAX && !link.connection.status().blocked();
        tokio::select! {
            () = shared.stopped() => break,
            Some(landed) = desk.under_way.next(), if !desk.under_way.is_empty() => desk.answer(landed)?,
            Some(job) = jobs.recv(), if free => desk.publish(job).await?,
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(_)) => tracing::warn!("RabbitMQ blocks publishers: it is short of memory or disk"),
                Some(Event::ConnectionUnblocked) => tracing::info!("RabbitMQ takes messages again"),
                Some(Event::Error(error)) => return Err(error.into()),
                Some(_) => {}
                None => return Err(Fault::Ended),
            },
            () = tokio::time::sleep(LOOK) => {}
        }
        if !link.connection.status().connected() || !desk.confirming.status().connected() {
            return Err(Fault::Ended);
        }
    }
    link.close().await;
    Ok(())
}

struct Desk<'n> {
    names: &'n Names,
    confirming: Channel,
    declaring: Channel,
    declared: HashSet<String>,
    under_way: FuturesUnordered<BoxFuture<'static, Landed>>,
    /// Came back as unroutable and belong to a message that is not answered yet.
    returned: HashMap<Place, usize>,
}

impl<'n> Desk<'n> {
    async fn open(names: &'n Names, link: &Link) -> Result<Self, Fault> {
        let opened = async {
            let confirming = link.connection.create_channel().await?;
            confirming.confirm_select(ConfirmSelectOptions::default()).await?;
            let declaring = link.connection.create_channel().await?;
            Ok((confirming, declaring))
        };
        let (confirming, declaring) = within(DECLARE_TIMEOUT, opened).await?;
        let (declared, under_way, returned) = Default::default();
        Ok(Self { names, confirming, declaring, declared, under_way, returned })
    }

    /// Sends a message on its way; whoever gave up waiting has it back already.
    async fn publish(&mut self, job: Job) -> Result<(), Fault> {
        if job.reply.is_closed() {
            return Ok(());
        }
        let Job { target, message, reply } = job;
        let (queue, id) = (message.queue.clone(), message.id.to_string());
        let lane = self.names.lane(&Lane::of(&message));
        let (exchange, key, reason, expires) = match target {
            Target::Lane => (String::new(), lane.clone(), None, None),
            Target::Delay(wait) => (self.names.delay(wait), lane.clone(), None, Some(delay_ms(wait))),
            Target::Quarantine(reason) => (String::new(), self.names.quarantine(), Some(reason), None),
        };
        // What a delay holds needs its lane when it comes out.
        self.declare(&lane, &exchange).await?;
        let (mut properties, body) = wire::encode(message, reason);
        if let Some(ms) = expires {
            properties = properties.with_expiration(ms.to_string().into());
        }
        let place = (exchange, key, id);
        let channel = self.confirming.clone();
        self.under_way.push(Box::pin(async move {
            let published = async {
                let mandatory = BasicPublishOptions { mandatory: true, ..Default::default() };
                let (exchange, key) = (place.0.as_str().into(), place.1.as_str().into());
                channel.basic_publish(exchange, key, mandatory, &body, properties).await?.await
            };
            let result = published.await;
            Landed { place, queue, reply, result }
        }));
        Ok(())
    }

    /// Declares what is not declared yet: a lane with the quarantine behind it, and a delay.
    async fn declare(&mut self, lane: &str, delay: &str) -> Result<(), Fault> {
        if !self.declared.contains(lane) {
            within(DECLARE_TIMEOUT, self.names.declare_quarantine(&self.declaring)).await?;
            within(DECLARE_TIMEOUT, self.names.declare_lane(&self.declaring, lane)).await?;
            self.declared.insert(lane.to_owned());
        }
        if !delay.is_empty() && !self.declared.contains(delay) {
            within(DECLARE_TIMEOUT, Names::declare_delay(&self.declaring, delay)).await?;
            self.declared.insert(delay.to_owned());
        }
        Ok(())
    }

    /// Answers whoever waits for a confirm. The client hands a message that came back to whichever confirm it takes up next, which may be
    /// another message's; so all that landed with it are looked through for returned ones before any is answered.
    fn answer(&mut self, first: Landed) -> Result<(), Fault> {
        // Takes the lock under which the client hands out a batch of confirms: after it, the whole batch is here.
        let _ = self.confirming.wait_for_confirms().now_or_never();
        let mut batch = vec![first];
        while let Some(Some(next)) = self.under_way.next().now_or_never() {
            batch.push(next);
        }
        for landed in &mut batch {
            let result = std::mem::replace(&mut landed.result, Ok(Confirmation::NotRequested));
            landed.result = result.map(|confirmation| self.note(confirmation));
        }
        let mut fault = None;
        for Landed { place, queue, reply, result } in batch {
            let answer = match result {
                Ok(_) if self.came_back(&place) => {
                    // Declared anew for the next message.
                    self.declared.clear();
                    Err(BrokerError::Unroutable { queue })
                }
                Ok(Confirmation::Ack(_)) => Ok(()),
                Ok(_) => Err(BrokerError::Refused { queue }),
                Err(error) => {
                    fault.get_or_insert(error);
                    Err(BrokerError::Unconfirmed { queue })
                }
            };
            // Who no longer waits has taken it as unconfirmed.
            let _ = reply.send(answer);
        }
        fault.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Notes the returned message that a confirm carries, and leaves the confirm's own word.
    fn note(&mut self, confirmation: Confirmation) -> Confirmation {
        let (word, returned) = match confirmation {
            Confirmation::Ack(returned) => (Confirmation::Ack(None), returned),
            Confirmation::Nack(returned) => (Confirmation::Nack(None), returned),
            Confirmation::NotRequested => (Confirmation::NotRequested, None),
        };
        if let Some(returned) = returned {
            let delivery = &returned.delivery;
            let id = delivery.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default();
            let place = (delivery.exchange.to_string(), delivery.routing_key.to_string(), id);
            *self.returned.entry(place).or_default() += 1;
        }
        word
    }

    fn came_back(&mut self, place: &Place) -> bool {
        let Some(count) = self.returned.get_mut(place) else { return false };
        *count -= 1;
        if *count == 0 {
            self.returned.remove(place);
        }
        true
    }
}
