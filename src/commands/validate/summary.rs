//! What a file holds: interchanges, sets, items, totals.

use std::sync::Arc;

use tradewind_edi::ack::Amount;
use tradewind_edi::engine::{InterchangeEnd, InterchangeStart, ItemEnd, SetEnd, SetStart, Verdict};
use tradewind_edi::guide::{Guide, NodeIx};
use tradewind_edi::Segment;

/// The interchanges of a file.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) interchanges: Vec<InterchangeLine>,
    pub(super) sets: Vec<SetLine>,
    guide: Option<Arc<Guide>>,
    total: Amount,
    items: u64,
}

/// One interchange.
pub(super) struct InterchangeLine {
    pub(super) usage: &'static str,
    pub(super) version: String,
    pub(super) sets: u64,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
    pub(super) verdict: Option<Verdict>,
}

/// The sets of one kind, together.
pub(super) struct SetLine {
    pub(super) guide: String,
    pub(super) code: String,
    pub(super) count: u64,
    pub(super) rejected: u64,
    pub(super) items: u64,
    /// Σ CLM02, where the sets have claims.
    pub(super) total: Option<Amount>,
}

impl Summary {
    pub(super) fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        let usage = match event.header.usage() {
            "T" => "test",
            "P" => "production",
            "I" => "information",
            _ => "of unknown usage",
        };
        let version = event.header.version().to_owned();
        self.interchanges.push(InterchangeLine { usage, version, sets: 0, items: 0, items_rejected: 0, verdict: None });
    }

    pub(super) fn set_start(&mut self, event: &SetStart<'_>) {
        self.guide = event.guide.cloned();
        self.total = Amount::default();
        self.items = 0;
    }

    pub(super) fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
        if segment.id_bytes() == b"CLM"
            && let Some(amount) = segment.element(2).and_then(Amount::parse)
        {
            self.total.add(amount);
        }
    }

    pub(super) fn item_close(&mut self, event: &ItemEnd) {
        self.items += u64::from(event.own);
    }

    pub(super) fn set_end(&mut self, event: &SetEnd<'_>) {
        let guide = event.guide.map_or("unknown guide".to_owned(), |guide| guide.revision.to_string());
        let code = event.header.code.clone();
        let at = self.sets.iter().position(|line| line.guide == guide && line.code == code).unwrap_or_else(|| {
            let total = (code == "837").then(Amount::default);
            self.sets.push(SetLine { guide, code, count: 0, rejected: 0, items: 0, total });
            self.sets.len() - 1
        });
        let Some(line) = self.sets.get_mut(at) else { return };
        line.count += 1;
        line.rejected += u64::from(event.rejected);
        line.items += event.items;
        if let Some(total) = &mut line.total {
            total.add(self.total);
        }
    }

    pub(super) fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        if let Some(line) = self.interchanges.last_mut() {
            line.sets = event.sets;
            line.items = event.items;
            line.items_rejected = event.items_rejected;
            line.verdict = Some(event.verdict);
        }
    }
}
