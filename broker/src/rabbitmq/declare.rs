//! Declares queues, so that a broker which is killed at once still has them.
//!
//! RabbitMQ (3.10) remembers in `names.dets` which log belongs to which quorum queue, and writes a new queue's line there up to three seconds
//! after it answered. A broker that is killed meanwhile comes back with a queue that has lost what it had confirmed, has no leader, and holds up
//! for ever whoever publishes to it. Declaring another queue makes it write the lines of all before it. So a queue that was not there is followed by
//! one that is declared and deleted, its seal, before anything is put into it.

use std::collections::HashSet;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};

use super::connection::{Fault, REQUEST_TIMEOUT, within};
use super::names::Names;

/// Deliveries of one message that nobody settled (its process died each time) after which the broker moves it to quarantine.
const DELIVERIES_MAX: i32 = 200;

/// What one connection knows of the queues that are there.
pub(super) struct Registrar<'l> {
    names: &'l Names,
    asking: Asking<'l>,
    channel: Channel,
    there: HashSet<String>,
}

impl<'l> Registrar<'l> {
    pub(super) async fn open(names: &'l Names, connection: &'l Connection) -> Result<Self, Fault> {
        let channel = within(REQUEST_TIMEOUT, connection.create_channel()).await?;
        Ok(Self { names, asking: Asking::new(connection), channel, there: HashSet::new() })
    }

    /// Forgets what is there: something is not.
    pub(super) fn forget(&mut self) {
        self.there.clear();
    }

    /// The queue of a lane, and the quarantine that stands behind it.
    pub(super) async fn lane(&mut self, name: &str) -> Result<(), Fault> {
        if self.there.contains(name) {
            return Ok(());
        }
        self.quarantine().await?;
        let mut arguments = at_least_once();
        arguments.insert("x-dead-letter-routing-key".into(), text(&self.names.quarantine()));
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERIES_MAX));
        self.queue(name, arguments).await
    }

    /// The quarantine queue. Nothing of ours consumes it.
    pub(super) async fn quarantine(&mut self) -> Result<(), Fault> {
        let name = self.names.quarantine();
        if self.there.contains(&name) { Ok(()) } else { self.queue(&name, quorum()).await }
    }

    /// A delay. What expires in its queue goes by its own routing key, its lane's queue, back to its lane.
    pub(super) async fn delay(&mut self, name: &str) -> Result<(), Fault> {
        if self.there.contains(name) {
            return Ok(());
        }
        let exchange: ShortString = name.into();
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let declaring =
            self.channel.exchange_declare(exchange.clone(), ExchangeKind::Fanout, durable, FieldTable::default());
        within(REQUEST_TIMEOUT, declaring).await?;
        self.queue(name, at_least_once()).await?;
        let (queue, options) = (exchange.clone(), QueueBindOptions::default());
        let binding = self.channel.queue_bind(queue, exchange, "".into(), options, FieldTable::default());
        within(REQUEST_TIMEOUT, binding).await
    }

    /// Declares a queue, and seals one that was not there.
    async fn queue(&mut self, name: &str, arguments: FieldTable) -> Result<(), Fault> {
        let known = self.asking.waiting(name).await?.is_some();
        let declaring = self.channel.queue_declare(name.into(), QueueDeclareOptions::durable(), arguments);
        within(REQUEST_TIMEOUT, declaring).await?;
        if !known {
            let seal: ShortString = self.names.seal().into();
            let declaring = self.channel.queue_declare(seal.clone(), QueueDeclareOptions::durable(), quorum());
            within(REQUEST_TIMEOUT, declaring).await?;
            within(REQUEST_TIMEOUT, self.channel.queue_delete(seal, QueueDeleteOptions::default())).await?;
        }
        self.there.insert(name.to_owned());
        Ok(())
    }
}

/// Asks for queues, on a channel of its own: the broker closes one that asks for what is not there.
pub(super) struct Asking<'l> {
    connection: &'l Connection,
    channel: Option<Channel>,
}

impl<'l> Asking<'l> {
    pub(super) fn new(connection: &'l Connection) -> Self {
        Self { connection, channel: None }
    }

    /// Messages that wait in a queue; `None` if there is no such queue.
    pub(super) async fn waiting(&mut self, queue: &str) -> Result<Option<u32>, Fault> {
        // Gone, unless the broker answers.
        let kept = self.channel.take();
        let asked = async {
            let channel = match kept.filter(|channel| channel.status().connected()) {
                Some(channel) => channel,
                None => self.connection.create_channel().await?,
            };
            let passive = QueueDeclareOptions { passive: true, ..Default::default() };
            match channel.queue_declare(queue.into(), passive, FieldTable::default()).await {
                Ok(queue) => Ok((Some(channel), Some(queue.message_count()))),
                Err(error) if is_not_found(&error) => Ok((None, None)),
                Err(error) => Err(error),
            }
        };
        let (channel, waiting) = within(REQUEST_TIMEOUT, asked).await?;
        self.channel = channel;
        Ok(waiting)
    }
}

fn is_not_found(error: &lapin::Error) -> bool {
    let ErrorKind::ProtocolError(error) = error.kind() else { return false };
    *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments
}

/// A message that leaves the queue by expiry or refusal is kept until where it goes has confirmed it.
fn at_least_once() -> FieldTable {
    let mut arguments = quorum();
    arguments.insert("x-dead-letter-exchange".into(), text(""));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
