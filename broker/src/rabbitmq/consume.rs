//! The connection that consumes and asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{BoxStream, SelectAll};
use futures::{StreamExt, stream};
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection};
use tokio::sync::mpsc;

use super::aside::Aside;
use super::connection::{Fault, Link, REQUEST_TIMEOUT, wait, within};
use super::declare::{Asking, Registrar};
use super::names::Lane;
use super::{Ask, Shared, wire};

/// The connection is looked after at least so often, and a lane whose queue went away is declared anew.
const LOOK: Duration = Duration::from_secs(1);

/// A delivery of a lane; `None` when its consumer ended.
type Came = (Lane, Option<lapin::Result<Delivery>>);

/// Runs until the end, connection after connection.
pub(super) async fn run(shared: Arc<Shared>, mut asks: mpsc::Receiver<Ask>) {
    let mut failures = 0;
    let mut aside = Aside::default();
    loop {
        let ended = tokio::select! {
            () = shared.stopped() => return,
            opened = Link::open(&shared.options, "tradewind consumer") => match opened {
                Ok(link) => {
                    failures = 0;
                    shared.linked(session(&shared, link, &mut asks, &mut aside)).await
                }
                Err(fault) => Err(fault),
            },
        };
        shared.shelf.forget();
        let Err(fault) = ended else { return };
        failures += 1;
        tracing::warn!(%fault, failures, "no connection to RabbitMQ to consume on; it is tried again");
        tokio::select! {
            () = shared.stopped() => return,
            () = tokio::time::sleep(wait(failures)) => {}
        }
    }
}

/// Consumes and answers questions on one connection; neither waits for the other.
async fn session(
    shared: &Shared,
    link: Link,
    asks: &mut mpsc::Receiver<Ask>,
    aside: &mut Aside<Lane>,
) -> Result<(), Fault> {
    tokio::select! {
        ended = serve(shared, &link.connection, aside) => ended?,
        fault = answer(shared, &link.connection, asks) => return Err(fault),
    }
    link.close().await;
    Ok(())
}

async fn serve(shared: &Shared, connection: &Connection, aside: &mut Aside<Lane>) -> Result<(), Fault> {
    let mut counter = Counter::open(shared, connection, aside).await?;
    let mut stopped = std::pin::pin!(shared.stopped());
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            () = shared.shelf.looked_for() => counter.attend().await?,
            _ = look.tick() => counter.attend().await?,
            Some((lane, came)) = counter.deliveries.next(), if !counter.deliveries.is_empty() => match came {
                Some(Ok(delivery)) => counter.take_in(&lane, delivery).await?,
                Some(Err(error)) => return Err(error.into()),
                None => {
                    counter.registrar.forget();
                    counter.consuming.remove(&lane);
                }
            },
        }
        if !connection.status().connected() || !counter.receiving.status().connected() {
            return Err(Fault::Ended);
        }
    }
}

/// Answers questions one after the other, until the connection ends.
async fn answer(shared: &Shared, connection: &Connection, asks: &mut mpsc::Receiver<Ask>) -> Fault {
    let mut asking = Asking::new(connection);
    while let Some(Ask { lane, reply }) = asks.recv().await {
        match asking.waiting(&shared.names.lane(&lane)).await {
            // Who asked may have given up.
            Ok(count) => drop(reply.send(count.unwrap_or_default())),
            // This queue alone may not answer; what is wrong with the connection shows there.
            Err(Fault::Late(_)) => {}
            Err(fault) => return fault,
        }
    }
    Fault::Ended
}

struct Counter<'s> {
    shared: &'s Shared,
    connection: &'s Connection,
    aside: &'s mut Aside<Lane>,
    registrar: Registrar<'s>,
    receiving: Channel,
    deliveries: SelectAll<BoxStream<'static, Came>>,
    /// The lanes that are consumed, each with its consumer's tag.
    consuming: HashMap<Lane, ShortString>,
}

impl<'s> Counter<'s> {
    async fn open(shared: &'s Shared, connection: &'s Connection, aside: &'s mut Aside<Lane>) -> Result<Self, Fault> {
        let opened = async {
            let receiving = connection.create_channel().await?;
            // For each consumer of the channel, so for each lane.
            receiving.basic_qos(shared.options.in_hand, BasicQosOptions::default()).await?;
            Ok(receiving)
        };
        let receiving = within(REQUEST_TIMEOUT, opened).await?;
        let registrar = Registrar::open(&shared.names, connection).await?;
        let (deliveries, consuming) = (SelectAll::new(), HashMap::new());
        Ok(Self { shared, connection, aside, registrar, receiving, deliveries, consuming })
    }

    /// Consumes the lanes that are wanted and not consumed yet; after the end, none.
    async fn attend(&mut self) -> Result<(), Fault> {
        if self.shared.shelf.closed() {
            for (_, tag) in self.consuming.drain() {
                within(REQUEST_TIMEOUT, self.receiving.basic_cancel(tag, BasicCancelOptions::default())).await?;
            }
        }
        for lane in self.shared.shelf.wanted() {
            if self.consuming.contains_key(&lane) || self.aside.holds(&lane) {
                continue;
            }
            if let Err(fault) = self.registrar.lane(&self.shared.names.lane(&lane)).await {
                // A connection that still opens channels is well: it is this queue alone, and the others must not wait for it.
                self.registrar = Registrar::open(&self.shared.names, self.connection).await?;
                tracing::error!(queue = %lane.queue, partner = %lane.partner, %fault, "a queue cannot be consumed; the others are");
                self.aside.put(lane);
                continue;
            }
            // A refusal closes the channel of all lanes, and a late answer leaves a consumer that nobody reads: the connection begins anew
            // without this lane.
            if let Err(fault) = self.consume(lane.clone()).await {
                tracing::error!(queue = %lane.queue, partner = %lane.partner, %fault, "a queue cannot be consumed");
                self.aside.put(lane);
                return Err(fault);
            }
        }
        Ok(())
    }

    async fn consume(&mut self, lane: Lane) -> Result<(), Fault> {
        let name = self.shared.names.lane(&lane);
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer =
            within(REQUEST_TIMEOUT, self.receiving.basic_consume(name.into(), "".into(), options, arguments)).await?;
        self.consuming.insert(lane.clone(), consumer.tag());
        let (of, end) = (lane.clone(), stream::once(std::future::ready((lane, None))));
        self.deliveries.push(consumer.map(move |came| (of.clone(), Some(came))).chain(end).boxed());
        Ok(())
    }

    /// Puts a message where its room finds it. One that is not ours goes to quarantine: its queue's dead-letter way.
    async fn take_in(&mut self, lane: &Lane, mut delivery: Delivery) -> Result<(), Fault> {
        let body = std::mem::take(&mut delivery.data);
        match wire::decode(&delivery.properties, body) {
            Some(message) => self.shared.shelf.put(lane, message, delivery.acker),
            None => {
                tracing::error!(queue = %lane.queue, partner = %lane.partner, "a message that is none of ours is quarantined");
                within(REQUEST_TIMEOUT, delivery.acker.reject(BasicRejectOptions { requeue: false })).await?;
            }
        }
        Ok(())
    }
}
