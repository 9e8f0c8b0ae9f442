//! What of the broker is here: the lanes that are known, and in each the messages that came and wait for a room.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lapin::Acker;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, mpsc};
use tradewind_compliance::PartnerId;

use super::names::Lane;
use crate::{Delivered, Depth, Message, Outcome, QueueName, Wants};

/// How a message ended, for the task that tells the broker.
pub(super) struct Ended {
    pub(super) message: Message,
    pub(super) acker: Acker,
    pub(super) outcome: Outcome,
}

/// What a consumer finds.
pub(super) enum Taken {
    Message(Delivered),
    Nothing,
    Closed,
}

/// Cheap to clone; every clone is the same shelf.
#[derive(Clone)]
pub(super) struct Shelf {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    settling: mpsc::UnboundedSender<Ended>,
    changed: Notify,
    look: Notify,
}

#[derive(Default)]
struct State {
    closed: bool,
    lanes: BTreeMap<QueueName, BTreeMap<PartnerId, LaneState>>,
    wants: HashSet<Wants>,
    /// Counts deliveries, so that the lane that was served longest ago is next.
    turn: u64,
    /// Ended, and the broker was not told yet.
    untold: usize,
}

#[derive(Default)]
struct LaneState {
    waiting: VecDeque<(Message, Acker)>,
    in_hand: usize,
    served: u64,
}

impl Shelf {
    /// Messages that ended are handed to `settling`; what waits in it is bounded by what the broker gives out.
    pub(super) fn new(settling: mpsc::UnboundedSender<Ended>) -> Self {
        let (state, changed, look) = Default::default();
        Self { inner: Arc::new(Inner { state, settling, changed, look }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lane that exists.
    pub(super) fn know(&self, lane: &Lane) {
        let mut state = self.lock();
        let lanes = state.lanes.entry(lane.queue.clone()).or_default();
        if !lanes.contains_key(&lane.partner) {
            lanes.insert(lane.partner.clone(), LaneState::default());
            self.inner.look.notify_one();
        }
    }

    /// A consumer's wish; lanes that nobody here wants are not consumed.
    pub(super) fn want(&self, wants: &Wants) {
        let mut state = self.lock();
        if !state.wants.contains(wants) {
            state.wants.insert(wants.clone());
            self.inner.look.notify_one();
        }
    }

    /// Every lane that is known, by queue.
    pub(super) fn lanes(&self) -> Vec<Lane> {
        let state = self.lock();
        let of_queue = |(queue, lanes): (&QueueName, &BTreeMap<PartnerId, LaneState>)| -> Vec<Lane> {
            lanes.keys().map(|partner| Lane { queue: queue.clone(), partner: partner.clone() }).collect()
        };
        state.lanes.iter().flat_map(of_queue).collect()
    }

    /// The lanes that somebody here wants; none after the end.
    pub(super) fn wanted(&self) -> Vec<Lane> {
        let lanes = self.lanes();
        let state = self.lock();
        let wanted = |lane: &Lane| !state.closed && state.wants.iter().any(|wants| wants.picks(&lane.queue));
        lanes.into_iter().filter(wanted).collect()
    }

    /// What of a lane is here.
    pub(super) fn depth(&self, lane: &Lane) -> Depth {
        let mut state = self.lock();
        let of = state.lane(lane);
        Depth { waiting: of.waiting.len(), unsettled: of.in_hand }
    }

    /// A message came. After the end it goes back.
    pub(super) fn put(&self, lane: &Lane, message: Message, acker: Acker) {
        let mut state = self.lock();
        if state.closed {
            self.end(&mut state, message, acker, Outcome::Returned);
        } else {
            state.lane(lane).waiting.push_back((message, acker));
            drop(state);
            self.inner.changed.notify_waiters();
        }
    }

    /// The next message that a consumer wants, lanes in turn.
    pub(super) fn take(&self, wants: &Wants) -> Taken {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.closed {
            return Taken::Closed;
        }
        let next = state
            .lanes
            .iter_mut()
            .filter(|(queue, _)| wants.picks(queue))
            .flat_map(|(_, lanes)| lanes.values_mut())
            .filter(|lane| !lane.waiting.is_empty())
            .min_by_key(|lane| lane.served);
        let Some(lane) = next else { return Taken::Nothing };
        let Some((message, acker)) = lane.waiting.pop_front() else { return Taken::Nothing };
        state.turn += 1;
        lane.served = state.turn;
        lane.in_hand += 1;
        let (shelf, told) = (self.clone(), message.clone());
        Taken::Message(Delivered::new(
            message,
            Box::new(move |outcome: Outcome| {
                let mut state = shelf.lock();
                let lane = state.lane(&Lane::of(&told));
                lane.in_hand = lane.in_hand.saturating_sub(1);
                shelf.end(&mut state, told, acker, outcome);
            }),
        ))
    }

    fn end(&self, state: &mut State, message: Message, acker: Acker, outcome: Outcome) {
        state.untold += 1;
        // The task that settles has ended only after a shutdown; the broker then gives the message out again.
        if self.inner.settling.send(Ended { message, acker, outcome }).is_err() {
            state.untold -= 1;
        }
    }

    /// The broker was told how a message ended, or has given it to somebody else.
    pub(super) fn told(&self) {
        let mut state = self.lock();
        state.untold = state.untold.saturating_sub(1);
        drop(state);
        self.inner.changed.notify_waiters();
    }

    /// The connection ended: what waits here comes again.
    pub(super) fn forget(&self) {
        let mut state = self.lock();
        for lane in state.lanes.values_mut().flat_map(BTreeMap::values_mut) {
            lane.waiting.clear();
        }
    }

    /// Ends every wait; what waits here goes back.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let lanes = state.lanes.values_mut().flat_map(BTreeMap::values_mut);
        let waiting: Vec<(Message, Acker)> = lanes.flat_map(|lane| std::mem::take(&mut lane.waiting)).collect();
        for (message, acker) in waiting {
            self.end(&mut state, message, acker, Outcome::Returned);
        }
        drop(state);
        self.inner.changed.notify_waiters();
        self.inner.look.notify_one();
    }

    pub(super) fn closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for a message, for an outcome that was told, or for the end. Registered when this is called.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.inner.changed.notified()
    }

    /// Waits for a lane or a wish that is new, or for the end.
    pub(super) async fn looked_for(&self) {
        self.inner.look.notified().await;
    }

    /// Completes when nothing is in hand and the broker was told of all that ended.
    pub(super) async fn settled(&self) {
        loop {
            let mut changed = std::pin::pin!(self.inner.changed.notified());
            changed.as_mut().enable();
            if self.unsettled() == 0 {
                return;
            }
            changed.await;
        }
    }

    fn unsettled(&self) -> usize {
        let state = self.lock();
        let in_hand: usize = state.lanes.values().flat_map(BTreeMap::values).map(|lane| lane.in_hand).sum();
        state.untold + in_hand
    }
}

impl State {
    fn lane(&mut self, lane: &Lane) -> &mut LaneState {
        self.lanes.entry(lane.queue.clone()).or_default().entry(lane.partner.clone()).or_default()
    }
}
