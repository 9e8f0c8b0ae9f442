//! The in-process broker: everything in memory, everything held.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;
use tradewind_compliance::{JobId, PartnerId};

use crate::{
    Accepted, Broker, BrokerError, Consumer, Delivered, Depth, Message, Outcome, Publisher, QueueName, Settlement,
    Wants,
};

/// Limits of the in-process broker.
#[derive(Debug, Clone, Copy)]
pub struct InProcessOptions {
    /// Unsettled messages of one partner in one queue, waiting ones among them.
    pub window: usize,
    /// Messages of one partner in one queue that consumers may have at the same time.
    pub in_hand: usize,
}

impl Default for InProcessOptions {
    fn default() -> Self {
        Self { window: 64, in_hand: 4 }
    }
}

/// The in-process broker. Cheap to clone; every clone is the same broker.
#[derive(Clone)]
pub struct InProcess {
    shared: Arc<Shared>,
}

struct Shared {
    options: InProcessOptions,
    settlement: Arc<dyn Settlement>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    closed: bool,
    queues: BTreeMap<QueueName, BTreeMap<PartnerId, Lane>>,
    /// Counts deliveries, so that the lane that was served longest ago is next.
    turn: u64,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Message>,
    unsettled: HashSet<JobId>,
    served: u64,
}

impl Lane {
    fn in_hand(&self) -> usize {
        self.unsettled.len() - self.waiting.len()
    }
}

impl InProcess {
    /// A broker that tells `settlement` how each message ended.
    #[must_use]
    pub fn new(options: InProcessOptions, settlement: Arc<dyn Settlement>) -> Self {
        let (state, changed) = (Mutex::default(), Notify::new());
        Self { shared: Arc::new(Shared { options, settlement, state, changed }) }
    }

    fn take(&self, wants: &Wants) -> Taken {
        let mut guard = self.shared.lock();
        let state = &mut *guard;
        if state.closed {
            return Taken::Closed;
        }
        let in_hand_max = self.shared.options.in_hand;
        let next = state
            .queues
            .iter_mut()
            .filter(|(queue, _)| wants.picks(queue))
            .flat_map(|(_, lanes)| lanes.values_mut())
            .filter(|lane| !lane.waiting.is_empty() && lane.in_hand() < in_hand_max)
            .min_by_key(|lane| lane.served);
        let Some(lane) = next else { return Taken::Nothing };
        let Some(message) = lane.waiting.pop_front() else { return Taken::Nothing };
        state.turn += 1;
        lane.served = state.turn;
        Taken::Message(message)
    }

    fn deliver(&self, message: Message) -> Delivered {
        let shared = Arc::clone(&self.shared);
        let (queue, partner, id) = (message.queue.clone(), message.partner.clone(), message.id);
        let told = message.clone();
        Delivered::new(
            message,
            Box::new(move |outcome: Outcome| {
                shared.release(&queue, &partner, id);
                shared.settlement.settled(&told, outcome);
                shared.changed.notify_waiters();
            }),
        )
    }
}

#[async_trait]
impl Broker for InProcess {
    /// Every lane is published to here.
    fn serve_lanes(&self, _lanes: Vec<(QueueName, PartnerId)>) {}

    fn connected(&self) -> bool {
        true
    }

    /// What waits goes back to the outbox.
    fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let mut back = Vec::new();
        for lane in state.queues.values_mut().flat_map(BTreeMap::values_mut) {
            for message in std::mem::take(&mut lane.waiting) {
                lane.unsettled.remove(&message.id);
                back.push(message);
            }
        }
        drop(state);
        for message in &back {
            self.shared.settlement.settled(message, Outcome::Returned);
        }
        self.shared.changed.notify_waiters();
    }

    async fn shutdown(&self) {
        self.close();
    }
}

enum Taken {
    Message(Message),
    Nothing,
    Closed,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self, queue: &QueueName, partner: &PartnerId, id: JobId) {
        let mut state = self.lock();
        let Some(lanes) = state.queues.get_mut(queue) else { return };
        if let Some(lane) = lanes.get_mut(partner) {
            lane.unsettled.remove(&id);
            if lane.unsettled.is_empty() {
                lanes.remove(partner);
            }
        }
        if lanes.is_empty() {
            state.queues.remove(queue);
        }
    }
}

#[async_trait]
impl Publisher for InProcess {
    async fn publish(&self, message: Message) -> Result<Accepted, BrokerError> {
        message.body.check()?;
        let mut state = self.shared.lock();
        if state.closed {
            return Err(BrokerError::Closed);
        }
        let window = self.shared.options.window;
        // A lane that is new joins at the end of the round, or one that is always just empty would always be first.
        let served = state.turn;
        let lanes = state.queues.entry(message.queue.clone()).or_default();
        let lane = lanes.entry(message.partner.clone()).or_insert_with(|| Lane { served, ..Lane::default() });
        if lane.unsettled.contains(&message.id) {
            return Err(BrokerError::AlreadyHeld { queue: message.queue, id: message.id.to_string() });
        }
        if lane.unsettled.len() >= window {
            let partner = message.partner.to_string();
            return Err(BrokerError::WindowFull { queue: message.queue, partner, window });
        }
        lane.unsettled.insert(message.id);
        lane.waiting.push_back(message);
        drop(state);
        self.shared.changed.notify_waiters();
        Ok(Accepted::Held)
    }

    async fn room(&self, queue: &QueueName, partner: &PartnerId) -> Result<usize, BrokerError> {
        let state = self.shared.lock();
        let held = state.queues.get(queue).and_then(|lanes| lanes.get(partner)).map_or(0, |lane| lane.unsettled.len());
        Ok(self.shared.options.window.saturating_sub(held))
    }

    async fn depth(&self, queue: &QueueName) -> Result<Depth, BrokerError> {
        let state = self.shared.lock();
        Ok(state.queues.get(queue).map(depth_of).unwrap_or_default())
    }

    async fn depths(&self) -> Result<Vec<(QueueName, Depth)>, BrokerError> {
        let state = self.shared.lock();
        Ok(state.queues.iter().map(|(queue, lanes)| (queue.clone(), depth_of(lanes))).collect())
    }
}

fn depth_of(lanes: &BTreeMap<PartnerId, Lane>) -> Depth {
    let waiting = lanes.values().map(|lane| lane.waiting.len()).sum();
    Depth { waiting, unsettled: lanes.values().map(Lane::in_hand).sum() }
}

#[async_trait]
impl Consumer for InProcess {
    async fn next(&self, wants: &Wants) -> Option<Delivered> {
        loop {
            // Registered before looking, so that what is published in between wakes this wait.
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            match self.take(wants) {
                Taken::Message(message) => return Some(self.deliver(message)),
                Taken::Closed => return None,
                Taken::Nothing => changed.await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Ended, Harness, message, partner};

    struct InProcessHarness;

    #[async_trait]
    impl Harness for InProcessHarness {
        async fn open(&self, settlement: Arc<dyn Settlement>) -> (Arc<dyn Publisher>, Arc<dyn Consumer>) {
            let broker = InProcess::new(InProcessOptions::default(), settlement);
            (Arc::new(broker.clone()), Arc::new(broker))
        }
    }

    crate::broker_contract!(InProcessHarness);

    fn broker(window: usize, in_hand: usize) -> (InProcess, Arc<Ended>) {
        let ended = Arc::new(Ended::default());
        let broker = InProcess::new(InProcessOptions { window, in_hand }, Arc::clone(&ended) as Arc<dyn Settlement>);
        (broker, ended)
    }

    fn translate() -> Wants {
        Wants::Queue(QueueName::translate())
    }

    #[tokio::test]
    async fn holds_a_window_for_each_partner_and_no_more() {
        let (broker, _) = broker(2, 9);
        let room = async |of: &str| broker.room(&QueueName::translate(), &partner(of)).await.unwrap();
        assert_eq!(broker.publish(message("translate", "acme")).await.unwrap(), Accepted::Held);
        assert_eq!((room("acme").await, room("bravo").await), (1, 2));
        broker.publish(message("translate", "acme")).await.unwrap();
        let past = broker.publish(message("translate", "acme")).await;
        assert!(matches!(past, Err(BrokerError::WindowFull { window: 2, .. })));
        broker.publish(message("translate", "bravo")).await.unwrap();
        let first = broker.next(&translate()).await.unwrap();
        assert_eq!(room("acme").await, 0, "what a consumer has is unsettled still");
        first.settle(Outcome::Done);
        assert_eq!(room("acme").await, 1);
        broker.publish(message("translate", "acme")).await.unwrap();
    }

    #[tokio::test]
    async fn refuses_a_message_that_it_holds() {
        let (broker, _) = broker(9, 9);
        let twice = message("translate", "acme");
        broker.publish(twice.clone()).await.unwrap();
        for _ in 0..2 {
            let refused = broker.publish(twice.clone()).await;
            assert!(matches!(refused, Err(BrokerError::AlreadyHeld { .. })));
        }
        broker.next(&translate()).await.unwrap().settle(Outcome::RetryAfter(std::time::Duration::ZERO));
        broker.publish(twice).await.unwrap();
    }

    #[tokio::test]
    async fn a_slow_partner_holds_up_no_other() {
        let (broker, _) = broker(64, 2);
        for _ in 0..10 {
            broker.publish(message("translate", "slow")).await.unwrap();
        }
        let in_hand = [broker.next(&translate()).await.unwrap(), broker.next(&translate()).await.unwrap()];
        for _ in 0..5 {
            broker.publish(message("translate", "quick")).await.unwrap();
            let delivered = broker.next(&translate()).await.unwrap();
            assert_eq!(delivered.message().partner, partner("quick"));
            delivered.settle(Outcome::Done);
        }
        drop(in_hand);
        let delivered = broker.next(&translate()).await.unwrap();
        assert_eq!(delivered.message().partner, partner("slow"));
    }

    #[tokio::test]
    async fn a_lane_that_is_always_just_empty_is_not_always_first() {
        let (broker, _) = broker(64, 64);
        for _ in 0..3 {
            broker.publish(message("translate", "steady")).await.unwrap();
        }
        let mut steady = 0;
        for _ in 0..6 {
            broker.publish(message("translate", "blinking")).await.unwrap();
            let delivered = broker.next(&translate()).await.unwrap();
            steady += usize::from(delivered.message().partner == partner("steady"));
            delivered.settle(Outcome::Done);
        }
        assert_eq!(steady, 3);
    }

    #[tokio::test]
    async fn closing_ends_every_wait_and_leaves_unsettled_work_to_its_consumer() {
        let (broker, ended) = broker(9, 9);
        let messages = [message("translate", "acme"), message("translate", "acme")];
        for message in messages.clone() {
            broker.publish(message).await.unwrap();
        }
        let in_hand = broker.next(&translate()).await.unwrap();
        let elsewhere = broker.clone();
        let waiter = tokio::spawn(async move { elsewhere.next(&Wants::Queue(QueueName::answer())).await.is_none() });
        tokio::task::yield_now().await;
        broker.close();
        assert!(waiter.await.unwrap());
        assert!(broker.next(&translate()).await.is_none());
        assert!(matches!(broker.publish(message("translate", "acme")).await, Err(BrokerError::Closed)));
        let id = in_hand.message().id;
        in_hand.settle(Outcome::Done);
        assert_eq!(id, messages[0].id);
        assert_eq!(
            ended.all(),
            [(messages[1].id, Outcome::Returned), (id, Outcome::Done)],
            "what waited was not tried"
        );
        assert_eq!(broker.depth(&QueueName::translate()).await.unwrap(), Depth::default());
    }
}
