//! What a caller sees of its own files and items.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use tradewind_compliance::{AnswerId, DeliveryId, InterchangeId, ItemId, ReceiptId, SetId};

use crate::gateway::Fault;

/// A moment, in milliseconds since 1970 UTC. Written as RFC 3339 with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Year, month and day of a day since 1970-01-01, by counting 400-year eras from 0000-03-01 on.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// What an item is found by (`claim_id`, `member_id` …) in its sender's own words. PHI: it is written to its owner and
/// never prints.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Keys(pub BTreeMap<Cow<'static, str>, String>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} ..)", self.0.len())
    }
}

/// `GET /v1/transactions/{id}`: an item and all that happened to it.
#[derive(Clone, Serialize)]
pub struct TransactionView {
    /// The item.
    pub id: ItemId,
    /// The file that it came in.
    pub file: ReceiptId,
    /// `005010X222A1` …
    pub guide: String,
    /// `staged`, `accepted`, `sending`, `sent`, `acknowledged`, `answered`, `rejected`, `unknown`, `quarantined`.
    pub state: Cow<'static, str>,
    /// What it is found by.
    pub keys: Keys,
    /// What is wrong with it, where it was rejected.
    pub findings: Vec<Fault>,
    /// Oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// Oldest first.
    pub answers: Vec<AnswerView>,
}

/// One thing that happened to an item.
#[derive(Debug, Clone, Serialize)]
pub struct TimelineEvent {
    /// When.
    pub at: Timestamp,
    /// What: a state of the item, or `acknowledged.999`, `notified` … in the program's own words.
    pub event: Cow<'static, str>,
    /// The delivery that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
    /// The answer that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerId>,
    /// A code of X12 (`A`, `E`, `A1:19`) or of ours that says more. No free text from a payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What a partner said of an item.
#[derive(Clone, Serialize)]
pub struct AnswerView {
    /// The answer.
    pub id: AnswerId,
    /// When it came.
    pub at: Timestamp,
    /// `277CA`, `999`, `TA1`, `271` …
    pub kind: Cow<'static, str>,
    /// Its part that speaks of this item, in the engine's JSON.
    pub body: serde_json::Value,
}

/// `GET /v1/files/{id}`: a file, what it held, what was answered, and a page of its items.
#[derive(Debug, Clone, Serialize)]
pub struct FileView {
    /// The file.
    pub id: ReceiptId,
    /// `received`, `translated`, `quarantined`.
    pub state: Cow<'static, str>,
    /// Why it is quarantined, in the program's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `sftp` or `api`.
    pub door: Cow<'static, str>,
    /// When it came in.
    pub received_at: Timestamp,
    /// As it came in, before decryption.
    pub bytes: u64,
    /// In the order of the file.
    pub interchanges: Vec<InterchangeView>,
    /// How many items are in each state; states without any may be left out.
    pub counts: BTreeMap<Cow<'static, str>, u64>,
    /// What was answered to the sender.
    pub acknowledgments: Vec<AcknowledgmentView>,
    /// A page of items, by id.
    pub items: Vec<ItemRow>,
    /// Give this as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<ItemId>,
}

/// An interchange of a file.
#[derive(Debug, Clone, Serialize)]
pub struct InterchangeView {
    /// The interchange.
    pub id: InterchangeId,
    /// ISA13.
    pub control_number: String,
    /// ISA15 is T.
    pub test: bool,
    /// `staged`, `accepted`, `rejected`.
    pub state: Cow<'static, str>,
    /// How many transaction sets it holds.
    pub set_count: u64,
    /// The first of them, at most [`InterchangeView::SETS_MAX`].
    pub sets: Vec<SetView>,
}

impl InterchangeView {
    /// How many sets are listed.
    pub const SETS_MAX: usize = 100;
}

/// A transaction set.
#[derive(Debug, Clone, Serialize)]
pub struct SetView {
    /// The set.
    pub id: SetId,
    /// `005010X222A1` …
    pub guide: String,
    /// ST02.
    pub control_number: String,
    /// `A`, `E`, `R` … as in IK501; absent until it is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
    /// How many items it holds.
    pub items: u64,
}

/// An acknowledgment that the sender got.
#[derive(Debug, Clone, Serialize)]
pub struct AcknowledgmentView {
    /// `TA1`, `999`, `277CA`.
    pub kind: Cow<'static, str>,
    /// `ours`, or `payer` where a payer's was rebuilt.
    pub origin: Cow<'static, str>,
    /// When it was made.
    pub at: Timestamp,
    /// TA104, AK901 or the like, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A line in a file's list of items.
#[derive(Debug, Clone, Serialize)]
pub struct ItemRow {
    /// `GET /v1/transactions/{id}` shows it.
    pub id: ItemId,
    /// The set that it is in.
    pub set: SetId,
    /// As in [`TransactionView::state`].
    pub state: Cow<'static, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339_in_utc() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_200_001, "2024-03-01T00:00:00.001Z"),
            (4_102_444_799_000, "2099-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
        }
    }

    #[test]
    fn keys_do_not_print_their_values() {
        let keys = Keys(BTreeMap::from([("claim_id".into(), "CANARY-1".to_owned())]));
        assert!(!format!("{keys:?}").contains("CANARY"));
        assert_eq!(serde_json::to_string(&keys).unwrap(), r#"{"claim_id":"CANARY-1"}"#);
    }
}
