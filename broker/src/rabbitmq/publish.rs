//! The connection that publishes: many messages under way at once, each answered when the broker has confirmed it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection, Event};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::aside::Aside;
use super::connection::{Fault, Link, REQUEST_TIMEOUT, wait, within};
use super::declare::Registrar;
use super::names::{Lane, Names, delay_ms};
use super::{PUBLISH_TIMEOUT, Shared, wire};
use crate::{BrokerError, Message, backoff};

/// Messages that wait for their confirm at once.
const UNCONFIRMED_MAX: usize = 1024;
/// A message whose confirm takes longer makes room for others, and its channel is left: whoever waited has given up long since.
const OVERDUE: Duration = PUBLISH_TIMEOUT.saturating_mul(2);
/// How long a message that the broker refuses is offered again: what is left of [`PUBLISH_TIMEOUT`] is for the last confirm.
const OFFERED: Duration = PUBLISH_TIMEOUT.saturating_sub(Duration::from_secs(2));
/// What was refused waits for so small a part of the usual backoff: 31 to 62 ms at first.
const REFUSED_AFTER: u32 = 16;
/// A queue that went away is declared anew after so long. RabbitMQ (3.10) tells its consumers some 100 ms later that it is gone, and never if it
/// is there again by then: they would wait for ever.
const GONE_FOR: Duration = Duration::from_secs(1);
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

/// A message on its way, and who waits for its confirm.
struct Letter {
    place: Place,
    target: Target,
    message: Message,
    channel: Channel,
    began: Instant,
    refusals: u32,
    /// Sent no sooner than after this.
    pause: Duration,
    reply: oneshot::Sender<Result<(), BrokerError>>,
}

impl Letter {
    /// Whether a letter that the broker refused goes again: within the time that whoever waits for it has, and after a pause.
    fn offered_again(&mut self) -> bool {
        self.refusals += 1;
        self.pause = backoff(self.refusals, rand::random()) / REFUSED_AFTER;
        self.began.elapsed() + self.pause < OFFERED && !self.reply.is_closed()
    }
}

/// A letter and how its way ended: `None` if its confirm is overdue.
struct Landed {
    letter: Letter,
    result: Option<lapin::Result<Confirmation>>,
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
    serve(shared, &link.connection, jobs).await?;
    link.close().await;
    Ok(())
}

async fn serve(shared: &Shared, connection: &Connection, jobs: &mut mpsc::Receiver<Job>) -> Result<(), Fault> {
    let mut desk = Desk::open(&shared.names, connection).await?;
    let mut events = Box::pin(connection.events_listener());
    let mut stopped = std::pin::pin!(shared.stopped());
    let mut look = tokio::time::interval(LOOK);
    let mut taken = Vec::with_capacity(UNCONFIRMED_MAX);
    loop {
        let blocked = connection.status().blocked();
        let free = if blocked { 0 } else { UNCONFIRMED_MAX.saturating_sub(desk.under_way.len()) };
        tokio::select! {
            () = &mut stopped => return Ok(()),
            Some(landed) = desk.under_way.next(), if !desk.under_way.is_empty() => desk.answer(landed)?,
            1.. = jobs.recv_many(&mut taken, free), if free > 0 => {
                for job in taken.drain(..) {
                    desk.publish(job).await?;
                }
            }
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(_)) => tracing::warn!("RabbitMQ blocks publishers: it is short of memory or disk"),
                Some(Event::ConnectionUnblocked) => tracing::info!("RabbitMQ takes messages again"),
                Some(Event::Error(error)) if !connection.status().connected() => return Err(error.into()),
                // A channel that was closed shows where it is used.
                Some(_) => {}
                None => return Err(Fault::Ended),
            },
            _ = look.tick() => {}
        }
        if !connection.status().connected() {
            return Err(Fault::Ended);
        }
    }
}

struct Desk<'l> {
    names: &'l Names,
    connection: &'l Connection,
    registrar: Registrar<'l>,
    /// One for the lanes, by the empty name; one for quarantine and for each delay, so that a queue which answers nothing holds up no other.
    channels: HashMap<String, Channel>,
    under_way: FuturesUnordered<BoxFuture<'static, Landed>>,
    /// Came back as unroutable and belong to a message that is not answered yet.
    returned: HashMap<Place, usize>,
    /// Since when a queue is known to be gone.
    gone: Option<Instant>,
    /// Queues that could not be declared.
    aside: Aside<String>,
}

impl<'l> Desk<'l> {
    async fn open(names: &'l Names, connection: &'l Connection) -> Result<Self, Fault> {
        let registrar = Registrar::open(names, connection).await?;
        let (channels, under_way, returned, gone, aside) = Default::default();
        Ok(Self { names, connection, registrar, channels, under_way, returned, gone, aside })
    }

    /// Sends a message on its way; whoever gave up waiting has it back already.
    async fn publish(&mut self, job: Job) -> Result<(), Fault> {
        if job.reply.is_closed() {
            return Ok(());
        }
        let Job { target, message, reply } = job;
        let lane = self.names.lane(&Lane::of(&message));
        if self.gone.take_if(|since| since.elapsed() >= GONE_FOR).is_some() {
            self.registrar.forget();
        }
        let delay = match target {
            Target::Delay(wait) => Some(self.names.delay(wait)),
            Target::Lane | Target::Quarantine(_) => None,
        };
        if self.aside.holds(&lane) || delay.as_ref().is_some_and(|delay| self.aside.holds(delay)) {
            let _ = reply.send(Err(BrokerError::Refused { queue: message.queue }));
            return Ok(());
        }
        if let Err((name, fault)) = self.declare(&lane, delay).await {
            // A connection that still opens channels is well: it is this queue alone, and the others must not wait for it.
            self.registrar = Registrar::open(self.names, self.connection).await?;
            tracing::error!(queue = %message.queue, partner = %message.partner, %fault, "a queue cannot be published to; the others are");
            self.aside.put(name);
            let _ = reply.send(Err(BrokerError::Refused { queue: message.queue }));
            return Ok(());
        }
        let (exchange, key) = match target {
            Target::Lane => (String::new(), lane),
            Target::Quarantine(_) => (String::new(), self.names.quarantine()),
            Target::Delay(wait) => (self.names.delay(wait), lane),
        };
        let channel = match target {
            Target::Lane | Target::Delay(_) => self.channel(&exchange).await?,
            Target::Quarantine(_) => self.channel(&key).await?,
        };
        let (place, began) = ((exchange, key, message.id.to_string()), Instant::now());
        let (refusals, pause) = Default::default();
        let letter = Letter { place, target, message, channel, began, refusals, pause, reply };
        self.under_way.push(Box::pin(send(letter)));
        Ok(())
    }

    /// Gives which one could not be declared: a delay serves many lanes.
    async fn declare(&mut self, lane: &str, delay: Option<String>) -> Result<(), (String, Fault)> {
        // What a delay holds needs its lane when it comes out.
        self.registrar.lane(lane).await.map_err(|fault| (lane.to_owned(), fault))?;
        let Some(delay) = delay else { return Ok(()) };
        self.registrar.delay(&delay).await.map_err(|fault| (delay, fault))
    }

    async fn channel(&mut self, way: &str) -> Result<Channel, Fault> {
        if let Some(channel) = self.channels.get(way).filter(|channel| channel.status().connected()) {
            return Ok(channel.clone());
        }
        let opened = async {
            let channel = self.connection.create_channel().await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok(channel)
        };
        let channel = within(REQUEST_TIMEOUT, opened).await?;
        self.channels.insert(way.to_owned(), channel.clone());
        Ok(channel)
    }

    /// Answers whoever waits for a confirm. The client hands a message that came back to whichever confirm it takes up next, which may be
    /// another message's; so all that landed with it are looked through for returned ones before any is answered.
    fn answer(&mut self, first: Landed) -> Result<(), Fault> {
        // Takes the lock under which the client hands out a batch of confirms: after it, the whole batch is here.
        for channel in self.channels.values() {
            let _ = channel.wait_for_confirms().now_or_never();
        }
        let mut batch = vec![first];
        while let Some(Some(next)) = self.under_way.next().now_or_never() {
            batch.push(next);
        }
        for landed in &mut batch {
            landed.result = landed.result.take().map(|result| result.map(|confirmation| self.note(confirmation)));
        }
        let mut fault = None;
        for Landed { letter, result } in batch {
            if let Err(error) = self.close(letter, result) {
                fault.get_or_insert(error);
            }
        }
        fault.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Ends a letter's way, or begins it again when the broker has refused it.
    fn close(&mut self, mut letter: Letter, result: Option<lapin::Result<Confirmation>>) -> lapin::Result<()> {
        let queue = letter.message.queue.clone();
        let mut fault = Ok(());
        let answer = match result {
            Some(Ok(_)) if self.came_back(&letter.place) => {
                self.gone.get_or_insert_with(Instant::now);
                Err(BrokerError::Unroutable { queue })
            }
            Some(Ok(Confirmation::Ack(_))) => Ok(()),
            Some(Ok(_)) if letter.offered_again() => {
                self.under_way.push(Box::pin(send(letter)));
                return Ok(());
            }
            Some(Ok(_)) => Err(BrokerError::Refused { queue }),
            Some(Err(error)) => {
                fault = Err(error);
                Err(BrokerError::Unconfirmed { queue })
            }
            None => {
                self.channels.retain(|_, channel| channel.id() != letter.channel.id());
                Err(BrokerError::Unconfirmed { queue })
            }
        };
        // Who no longer waits has taken it as unconfirmed.
        let _ = letter.reply.send(answer);
        fault
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

/// Publishes and waits for the broker's word.
async fn send(letter: Letter) -> Landed {
    if !letter.pause.is_zero() {
        tokio::time::sleep(letter.pause).await;
    }
    let (reason, expires) = match letter.target {
        Target::Lane => (None, None),
        Target::Delay(wait) => (None, Some(delay_ms(wait))),
        Target::Quarantine(reason) => (Some(reason), None),
    };
    let (mut properties, body) = wire::encode(&letter.message, reason);
    if let Some(ms) = expires {
        properties = properties.with_expiration(ms.to_string().into());
    }
    let published = async {
        let mandatory = BasicPublishOptions { mandatory: true, ..Default::default() };
        let (exchange, key) = (letter.place.0.as_str().into(), letter.place.1.as_str().into());
        letter.channel.basic_publish(exchange, key, mandatory, body, properties).await?.await
    };
    let result = timeout(OVERDUE, published).await.ok();
    Landed { letter, result }
}
