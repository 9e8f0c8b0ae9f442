//! The ledger's own way of a round's claims: the calls that the rooms make.

use std::time::{Duration, Instant};

use tradewind_compliance::JobId;
use tradewind_ledger::*;

use super::claims::{BATCH, NOW, Round, hash, payer};

/// What each part took.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) staged: Duration,
    pub(crate) accepted: Duration,
    pub(crate) delivered: Duration,
    pub(crate) answered: Duration,
}

impl Times {
    pub(crate) fn whole(&self) -> Duration {
        self.staged + self.accepted + self.delivered + self.answered
    }
}

pub(crate) async fn pass(ledger: &dyn Ledger, round: &Round) -> Times {
    begin(ledger, round).await;
    let start = Instant::now();
    stage(ledger, round).await;
    let staged = start.elapsed();
    let start = Instant::now();
    accept(ledger, round).await;
    let accepted = start.elapsed();
    let start = Instant::now();
    deliver(ledger, round).await;
    let delivered = start.elapsed();
    let start = Instant::now();
    answer(ledger, round).await;
    Times { staged, accepted, delivered, answered: start.elapsed() }
}

/// What is there before the first claim: both receipts, the interchange and its sets.
pub(crate) async fn begin(ledger: &dyn Ledger, round: &Round) {
    for (place, receipt) in (0..).zip([&round.receipt, &round.source]) {
        let content = ReceivedContent { size: 1, digest: hash(2 * round.number + place), at: NOW };
        ledger.receive_receipt(receipt.clone(), content, Effects::none()).await.unwrap();
    }
    ledger.begin_interchange(round.interchange.clone()).await.unwrap();
    ledger.stage_sets(round.sets.clone()).await.unwrap();
}

async fn stage(ledger: &dyn Ledger, round: &Round) {
    for batch in round.items.chunks(BATCH) {
        ledger.stage_items(batch.to_vec()).await.unwrap();
    }
    let count = |set| round.items.iter().filter(|item| item.set == set).count() as u32;
    let ends = round.sets.iter().map(|set| SetEnd { set: set.id, accepted: true, item_count: count(set.id) });
    ledger.finish_sets(ends.collect()).await.unwrap();
}

async fn accept(ledger: &dyn Ledger, round: &Round) {
    let check = DuplicateCheck { digest: hash(round.number), window_ms: 86_400_000 };
    let job = NewJob {
        id: JobId::new(NOW.0, round.number),
        queue: "deliver.payer".parse().unwrap(),
        partner: payer(),
        kind: "deliver".parse().unwrap(),
        reference: round.interchange.id.to_string(),
        due_at: NOW,
    };
    let verdict = ledger.accept_interchange(round.interchange.id, Some(check), NOW, Effects::job(job)).await.unwrap();
    assert_eq!(verdict, InterchangeVerdict::Fresh);
}

async fn deliver(ledger: &dyn Ledger, round: &Round) {
    let payer = payer();
    for batch in 0.. {
        let items = ledger.claimable_items(&payer, BATCH as u32).await.unwrap();
        if items.is_empty() {
            return;
        }
        let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1), (NumberKind::Set, 1)];
        let numbers = ledger.reserve_numbers(&payer, &wanted, "bench".parse().unwrap(), NOW).await.unwrap();
        let id = round.delivery(batch);
        let delivery = NewDelivery {
            id,
            partner: payer.clone(),
            items: items.iter().map(|item| Carried { item: item.id, set_number: 1 }).collect(),
            numbers,
            payload: "sent/1".parse().unwrap(),
            reads_only: false,
            at: NOW,
            over_by: NOW,
        };
        ledger.begin_delivery(delivery, Effects::none()).await.unwrap();
        let cause = Cause::system("http-200").unwrap();
        ledger.settle_delivery(id, DeliveryOutcome::Sent, cause, NOW, Effects::none()).await.unwrap();
    }
}

async fn answer(ledger: &dyn Ledger, round: &Round) {
    let places: Vec<usize> = (0..round.items.len()).collect();
    for batch in places.chunks(BATCH) {
        let answers = batch.iter().map(|place| round.answer(*place)).collect();
        let results = ledger.record_answers(answers, Effects::none()).await.unwrap();
        assert!(results.iter().all(|result| *result == AnswerResult::New));
    }
}
