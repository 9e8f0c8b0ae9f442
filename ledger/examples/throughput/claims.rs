//! The claims of a round: a file of one interchange, its sets, and what the payer answers.

use tradewind_compliance::{AnswerId, DeliveryId, InterchangeId, ItemId, PartnerId, ReceiptId, SetId};
use tradewind_ledger::*;

pub(crate) const CLAIMS: usize = 20_000;
pub(crate) const CLAIMS_A_SET: usize = 5_000;
/// Items, deliveries' items and answers of one call, and of one transaction of the bare loop: what translation stages at once.
pub(crate) const BATCH: usize = 1_000;
pub(crate) const NOW: UnixMs = UnixMs(1_700_000_000_000);

/// What is the same for the ledger and the bare loops.
pub(crate) struct Round {
    pub(crate) number: u64,
    pub(crate) receipt: NewReceipt,
    pub(crate) source: NewReceipt,
    pub(crate) interchange: NewInterchange,
    pub(crate) sets: Vec<NewSet>,
    pub(crate) items: Vec<NewItem>,
}

impl Round {
    pub(crate) fn new(number: u64) -> Self {
        let (receipt, source) = (receipt(2 * number + 1, "acme"), receipt(2 * number + 2, "payer"));
        let interchange = NewInterchange {
            id: InterchangeId::new(NOW.0, number),
            receipt: receipt.id,
            ordinal: 1,
            sender: "ZZ:SENDER".parse().unwrap(),
            receiver: "ZZ:RECEIVER".parse().unwrap(),
            control_number: number as u32 + 1,
            test: false,
            at: NOW,
        };
        let sets: Vec<NewSet> = (1..=CLAIMS.div_ceil(CLAIMS_A_SET) as u32)
            .map(|ordinal| {
                let id = SetId::new(NOW.0 + u64::from(ordinal), number);
                let (guide, object) = ("005010X222A1".parse().unwrap(), format!("items/{id}").parse().unwrap());
                NewSet { id, interchange: interchange.id, ordinal, group_control_number: 1, guide, object }
            })
            .collect();
        let items =
            (0..CLAIMS).map(|n| item(number * CLAIMS as u64 + n as u64, n, sets[n / CLAIMS_A_SET].id)).collect();
        Self { number, receipt, source, interchange, sets, items }
    }

    /// The delivery of a batch, and the answer of an item of it.
    pub(crate) fn delivery(&self, batch: usize) -> DeliveryId {
        let serial = self.number * CLAIMS as u64 + batch as u64;
        DeliveryId::new(NOW.0 + serial, serial)
    }

    pub(crate) fn answer(&self, place: usize) -> NewAnswer {
        NewAnswer {
            id: AnswerId::new(NOW.0 + (place / BATCH) as u64, self.number * CLAIMS as u64 + place as u64),
            item: self.items[place].id,
            delivery: None,
            source: self.source.id,
            ordinal: place as u32 + 1,
            kind: "277CA".parse().unwrap(),
            outcome: "accepted".parse().unwrap(),
            place: Place { object: "answers/1".parse().unwrap(), offset: 0, length: 500 },
            advance: Advance::Answered,
            notify: None,
            at: NOW,
        }
    }
}

pub(crate) fn payer() -> PartnerId {
    "payer".parse().unwrap()
}

/// Spreads a counter as a keyed hash would be spread: the index is hit at random.
pub(crate) fn hash(n: u64) -> SearchHash {
    let mut bytes = [0; 32];
    for (part, chunk) in bytes.chunks_mut(8).enumerate() {
        let mixed =
            (n + part as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        chunk.copy_from_slice(&mixed.to_be_bytes());
    }
    SearchHash(bytes)
}

fn item(serial: u64, place: usize, set: SetId) -> NewItem {
    NewItem {
        id: ItemId::new(NOW.0 + serial / 20, serial),
        set,
        ordinal: (place % CLAIMS_A_SET) as u32 + 1,
        destination: Some(payer()),
        rejected: false,
        offset: serial * 2_000,
        length: 2_000,
        claim_hash: Some(hash(serial)),
        member_hash: Some(hash(serial / 3 + 1_000_000_000)),
        sealed: Some(SealedValue(vec![7; 90])),
    }
}

fn receipt(serial: u64, partner: &str) -> NewReceipt {
    let id = ReceiptId::new(NOW.0, serial);
    NewReceipt {
        id,
        partner: partner.parse().unwrap(),
        door: "sftp".parse().unwrap(),
        object: format!("in/{id}").parse().unwrap(),
        name_hash: None,
        name_sealed: None,
        response_to: None,
        at: NOW,
    }
}
