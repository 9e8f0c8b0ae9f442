//! The ledger against a model of a few lines: whatever is done in whatever order, states agree and nothing is lost.

use proptest::prelude::*;
use tradewind_compliance::{DeliveryId, ItemId, ReceiptId};

use super::Harness;
use super::given::{NOW, OVER_BY, World, answer, cause};
use crate::{Advance, DeliveryOutcome, Effects, ItemOutcome, ItemState};

const ITEMS: usize = 6;
const ATTEMPTS_MAX: u32 = 2;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Deliver(usize),
    Settle(usize, DeliveryOutcome),
    SettleItem(usize, ItemOutcome),
    Answer(usize, Advance),
    Release(usize),
    Recover,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        Just(DeliveryOutcome::Sent),
        Just(DeliveryOutcome::Unknown),
        Just(DeliveryOutcome::Acknowledged),
        Just(DeliveryOutcome::Refused { attempts_max: ATTEMPTS_MAX }),
        Just(DeliveryOutcome::NotReached),
    ];
    let item_outcome = prop_oneof![
        Just(ItemOutcome::Acknowledged),
        Just(ItemOutcome::NotTaken { attempts_max: ATTEMPTS_MAX }),
        Just(ItemOutcome::Quarantined),
    ];
    let advance = prop_oneof![Just(Advance::Acknowledged), Just(Advance::Answered), Just(Advance::Note)];
    let step = prop_oneof![
        4 => (1..4_usize).prop_map(Step::Deliver),
        4 => (0..4_usize, outcome).prop_map(|(delivery, outcome)| Step::Settle(delivery, outcome)),
        2 => (0..ITEMS, item_outcome).prop_map(|(item, outcome)| Step::SettleItem(item, outcome)),
        2 => (0..ITEMS, advance).prop_map(|(item, advance)| Step::Answer(item, advance)),
        1 => (0..ITEMS).prop_map(Step::Release),
        1 => Just(Step::Recover),
    ];
    proptest::collection::vec(step, 1..30)
}

/// What the model knows of an item. The delivery that holds it decides while `state` is one of a delivery's.
#[derive(Debug, Clone, Copy)]
struct Modelled {
    state: ItemState,
    held_by: Option<usize>,
    carried: bool,
    attempts: u32,
}

struct Run {
    world: World,
    items: Vec<ItemId>,
    model: Vec<Modelled>,
    deliveries: Vec<DeliveryId>,
    source: ReceiptId,
    answers: u32,
}

impl Run {
    async fn new(world: World) -> Self {
        let file = world.accepted("acme", 1, "payer", u32::try_from(ITEMS).unwrap()).await;
        let source = world.received("payer").await;
        let fresh = Modelled { state: ItemState::Accepted, held_by: None, carried: false, attempts: 0 };
        Self { world, items: file.items, model: vec![fresh; ITEMS], deliveries: Vec::new(), source, answers: 0 }
    }

    async fn step(&mut self, step: &Step) {
        let before = self.states();
        match step {
            Step::Deliver(count) => self.deliver(*count).await,
            Step::Settle(delivery, outcome) => self.settle(*delivery, outcome).await,
            Step::SettleItem(item, outcome) => self.settle_item(*item, *outcome).await,
            Step::Answer(item, advance) => self.answer(*item, *advance).await,
            Step::Release(item) => self.release(*item).await,
            Step::Recover => self.recover().await,
        }
        assert_eq!(self.world.states(&self.items).await, self.states(), "{step:?}");
        for (from, to) in before.into_iter().zip(self.states()) {
            assert!(from == to || from.may_become(to), "{step:?} took an item from {from} to {to}, which is no arrow");
        }
        let waiting: Vec<ItemId> = self.that_are(ItemState::Accepted);
        assert_eq!(self.world.claimable("payer").await, waiting, "{step:?}");
        self.world.conserved().await;
    }

    fn states(&self) -> Vec<ItemState> {
        self.model.iter().map(|item| item.state).collect()
    }

    fn that_are(&self, state: ItemState) -> Vec<ItemId> {
        self.items.iter().zip(&self.model).filter(|(_, m)| m.state == state).map(|(id, _)| *id).collect()
    }

    async fn deliver(&mut self, count: usize) {
        let items = self.that_are(ItemState::Accepted);
        let items = &items[..count.min(items.len())];
        if items.is_empty() {
            return;
        }
        let number = self.deliveries.len();
        self.deliveries.push(self.world.sending("payer", items).await);
        for (id, item) in self.items.iter().zip(&mut self.model) {
            if items.contains(id) {
                *item = Modelled { state: ItemState::Sending, held_by: Some(number), carried: true, ..*item };
            }
        }
    }

    async fn settle(&mut self, number: usize, outcome: &DeliveryOutcome) {
        let Some(id) = self.deliveries.get(number).copied() else { return };
        let before = self.world.ledger.delivery(id).await.unwrap().unwrap().state;
        let done = self.world.ledger.settle_delivery(id, outcome.clone(), cause("model"), NOW, Effects::none()).await;
        if done.is_err() || self.world.ledger.delivery(id).await.unwrap().unwrap().state == before {
            return;
        }
        for item in self.model.iter_mut().filter(|item| held(item) == Some(number)) {
            match outcome {
                DeliveryOutcome::Sent => item.state = ItemState::Sent,
                DeliveryOutcome::Unknown => item.state = ItemState::Unknown,
                DeliveryOutcome::Acknowledged => item.state = ItemState::Acknowledged,
                DeliveryOutcome::Refused { .. } => not_taken(item),
                DeliveryOutcome::NotReached => {
                    *item = Modelled { state: ItemState::Accepted, held_by: None, ..*item };
                }
            }
        }
    }

    async fn settle_item(&mut self, number: usize, outcome: ItemOutcome) {
        let item = &mut self.model[number];
        let id = self.items[number];
        let done = self.world.ledger.settle_items(&[id], outcome, cause("model"), NOW, Effects::none()).await;
        use ItemState::{Accepted, Acknowledged, Answered, Quarantined, Sending, Sent, Unknown};
        let expected = match (outcome, item.state) {
            (ItemOutcome::Acknowledged, Accepted | Quarantined) => item.carried,
            (ItemOutcome::NotTaken { .. }, Acknowledged | Answered) | (ItemOutcome::Quarantined, Answered) => false,
            _ => true,
        };
        assert_eq!(done.is_ok(), expected, "{outcome:?} of {item:?}");
        match (outcome, item.state) {
            _ if !expected => {}
            (ItemOutcome::Acknowledged, Answered) | (ItemOutcome::NotTaken { .. }, Accepted) => {}
            (ItemOutcome::NotTaken { .. }, Quarantined) if item.held_by.is_none() => {}
            (ItemOutcome::Acknowledged, _) => item.state = Acknowledged,
            (ItemOutcome::Quarantined, _) => item.state = Quarantined,
            (ItemOutcome::NotTaken { .. }, Sending | Sent | Unknown | Quarantined) => not_taken(item),
            (ItemOutcome::NotTaken { .. }, _) => unreachable!("refused above"),
        }
    }

    async fn answer(&mut self, number: usize, advance: Advance) {
        self.answers += 1;
        let new = answer(self.items[number], self.source, self.answers, advance);
        self.world.ledger.record_answers(vec![new], Effects::none()).await.unwrap();
        let item = &mut self.model[number];
        match advance {
            Advance::Note => {}
            _ if !item.carried => {}
            Advance::Answered => item.state = ItemState::Answered,
            Advance::Acknowledged if item.state != ItemState::Answered => item.state = ItemState::Acknowledged,
            Advance::Acknowledged => {}
        }
    }

    async fn release(&mut self, number: usize) {
        let item = &mut self.model[number];
        let id = self.items[number];
        let done = self.world.ledger.release_items(&[id], cause("model"), NOW, Effects::none()).await;
        let free = item.state == ItemState::Quarantined && item.held_by.is_none();
        assert_eq!(done.is_ok(), free || item.state == ItemState::Accepted, "release of {item:?}");
        if free {
            *item = Modelled { state: ItemState::Accepted, attempts: 0, ..*item };
        }
    }

    async fn recover(&mut self) {
        self.world.take_up_calls(OVER_BY.plus(1)).await;
        for item in self.model.iter_mut().filter(|item| item.state == ItemState::Sending) {
            item.state = ItemState::Unknown;
        }
    }
}

/// The delivery that decides on an item.
fn held(item: &Modelled) -> Option<usize> {
    item.held_by.filter(|_| matches!(item.state, ItemState::Sending | ItemState::Sent | ItemState::Unknown))
}

fn not_taken(item: &mut Modelled) {
    item.attempts += 1;
    item.held_by = None;
    item.state = if item.attempts >= ATTEMPTS_MAX { ItemState::Quarantined } else { ItemState::Accepted };
}

pub(crate) async fn agrees(harness: &dyn Harness, steps: &[Step]) {
    let mut run = Run::new(World::new(harness).await).await;
    for step in steps {
        run.step(step).await;
    }
}
