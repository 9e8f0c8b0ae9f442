//! Reads acknowledgments and answers during the pass.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_compliance::ItemId;
use tradewind_edi::ack::read::{self, ClaimAnswer, Fact};
use tradewind_edi::engine::{GroupStart, SetEnd, SetStart};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::item::Item;
use tradewind_edi::{Segment, Visitor};

/// What a partner said, in the order of the file.
pub(in crate::flow) enum Received {
    /// Of an interchange, a group or a set of ours.
    Fact(Fact),
    /// Of an item, with its JSON.
    Answer(AnswerPart),
}

/// A partner's word on one item.
pub(in crate::flow) struct AnswerPart {
    /// The item that it names, by the identifier that we gave it; `None` where it names none of ours.
    pub(in crate::flow) item: Option<ItemId>,
    /// `277CA`, `271`, `277`.
    pub(in crate::flow) kind: &'static str,
    /// `accepted`, `rejected`, `answered`.
    pub(in crate::flow) outcome: &'static str,
    /// The engine's JSON of it.
    pub(in crate::flow) json: Vec<u8>,
}

impl AnswerPart {
    /// The same once its JSON lies in an object.
    pub(in crate::flow) fn without_json(self) -> Self {
        Self { json: Vec::new(), ..self }
    }
}

type Facts = Arc<Mutex<Vec<Fact>>>;
type Tell = Box<dyn FnMut(Fact) + Send>;

/// The part of the pass that reads what partners answer.
pub(in crate::flow) struct Reader {
    facts: Facts,
    reader: read::Reader<Tell>,
    /// JSON of claims that the reader of facts has not told yet: it tells a claim when the next one begins.
    pending: VecDeque<Vec<u8>>,
}

impl Default for Reader {
    fn default() -> Self {
        let facts = Facts::default();
        let told = facts.clone();
        let tell: Tell = Box::new(move |fact| told.lock().unwrap_or_else(PoisonError::into_inner).push(fact));
        let reader = read::Reader::new(tell);
        Self { facts, reader, pending: VecDeque::new() }
    }
}

impl Reader {
    pub(in crate::flow) fn group_start(&mut self, event: &GroupStart<'_>) {
        self.reader.group_start(event);
    }

    pub(in crate::flow) fn set_start(&mut self, event: &SetStart<'_>) {
        self.pending.clear();
        self.reader.set_start(event);
    }

    pub(in crate::flow) fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.reader.segment(segment, node);
    }

    pub(in crate::flow) fn ta1(&mut self, segment: &Segment<'_>) {
        self.reader.ta1(segment);
    }

    pub(in crate::flow) fn set_end(&mut self, event: &SetEnd<'_>) {
        self.reader.set_end(event);
    }

    /// An item of a set that is not routed: an answer.
    pub(in crate::flow) fn item(&mut self, item: &Item, json: &[u8], tell: &mut impl FnMut(Received)) {
        let kind = match item.guide.set.as_ref() {
            "277" if item.guide.revision.contains("X214") => {
                self.pending.push_back(json.to_vec());
                return;
            }
            "271" => "271",
            "277" => "277",
            _ => return,
        };
        let named = item.keys.iter().filter(|key| key.name == "trace").find_map(|key| key.value.parse().ok());
        tell(Received::Answer(AnswerPart { item: named, kind, outcome: "answered", json: json.to_vec() }));
    }

    /// Tells what was read since the last call.
    pub(in crate::flow) fn take(&mut self, tell: &mut impl FnMut(Received)) {
        let facts = std::mem::take(&mut *self.facts.lock().unwrap_or_else(PoisonError::into_inner));
        for fact in facts {
            match fact {
                Fact::Claim(claim) => {
                    let json = self.pending.pop_front().unwrap_or_default();
                    let outcome = if claim.rejected { "rejected" } else { "accepted" };
                    tell(Received::Answer(AnswerPart { item: named(&claim), kind: "277CA", outcome, json }));
                }
                fact => tell(Received::Fact(fact)),
            }
        }
    }
}

/// The item that a claim's answer names.
pub(super) fn named(claim: &ClaimAnswer) -> Option<ItemId> {
    claim.mentions().find_map(|value| std::str::from_utf8(value).ok()?.parse().ok())
}
