//! Items held against expressions, each as it ends.

use super::cel::{Answer, Subject};
use super::members::variables;
use super::{Companion, Expression};
use crate::engine::{ItemEnd, SetStart, Visitor};
use crate::guide::{Guide, NodeIx, SegmentId};
use crate::item::Collector;
use crate::segment::Segment;
use serde_json::Value as Json;
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes of an item's JSON that are held against expressions at the most; of a greater one, each rule says that it was not judged.
pub(crate) const ITEM_BYTES_MAX: usize = 1 << 20;

/// Gathers the open item and its ancestors, where some companion has expressions.
#[derive(Default)]
pub(crate) struct Judge {
    collector: Collector,
    /// The segments that opened the open items.
    open: Vec<Opening>,
    /// A set's or loop's segment is to come.
    opens: bool,
    /// The open item is too great: what comes is not gathered, and so many loops of it are open.
    muted: Option<usize>,
    /// The item that ends next was not gathered to its end.
    cut: bool,
}

/// The segment that opened an item: what findings of expressions name.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) node: NodeIx,
    pub(crate) segment: u32,
    pub(crate) id: SegmentId,
    pub(crate) bytes: Range<u64>,
}

/// An expression that an item breaks, or that could not be evaluated: then what was expected for that.
pub(crate) struct Verdict<'c> {
    pub(crate) companion: &'c Companion,
    pub(crate) rule: &'c Expression,
    pub(crate) unknown: Option<&'static str>,
}

impl Judge {
    pub(crate) fn set_start(&mut self, event: &SetStart<'_>) {
        self.open.clear();
        (self.opens, self.muted, self.cut) = (false, None, false);
        self.collector.set_start(event);
    }

    pub(crate) fn loop_open(&mut self, node: NodeIx) {
        match &mut self.muted {
            Some(depth) => *depth += 1,
            None => self.collector.loop_open(node),
        }
    }

    pub(crate) fn item_open(&mut self, node: NodeIx) {
        if self.muted.is_none() {
            self.collector.item_open(node);
            self.open.push(Opening { node, segment: 0, id: SegmentId::NONE, bytes: 0..0 });
            self.opens = true;
        }
    }

    pub(crate) fn segment(&mut self, segment: &Segment<'_>, node: NodeIx) {
        if std::mem::take(&mut self.opens)
            && let Some(open) = self.open.last_mut()
        {
            let start = segment.offset();
            open.bytes = start..start + segment.bytes().len() as u64;
            (open.segment, open.id) = (segment.ordinal(), segment.id());
        }
        if self.muted.is_none() {
            self.collector.segment(segment, Some(node));
            if self.collector.pending() > ITEM_BYTES_MAX {
                (self.muted, self.cut) = (Some(0), true);
            }
        }
    }

    pub(crate) fn item_close(&mut self, event: &ItemEnd) {
        if self.muted.is_none_or(|depth| depth == 0) {
            self.collector.item_close(event);
        }
    }

    pub(crate) fn loop_close(&mut self, node: NodeIx) {
        match &mut self.muted {
            Some(depth @ 1..) => *depth -= 1,
            _ => {
                self.collector.loop_close(node);
                self.muted = self.muted.filter(|_| self.collector.pending() > ITEM_BYTES_MAX);
            }
        }
    }

    pub(crate) fn set_end(&mut self) {
        self.collector.finish();
    }

    /// The items that ended, each with the segment that opened it and what it breaks.
    pub(crate) fn verdicts<'c>(&mut self, companions: &'c [Companion]) -> Vec<(Opening, Vec<Verdict<'c>>)> {
        let collected = self.collector.take();
        let mut verdicts = Vec::new();
        for item in &collected.items {
            let at = self.open.iter().rposition(|open| open.node == item.node);
            let Some(opening) = at.map(|at| self.open.remove(at)) else { continue };
            let json = Some(collected.json_of(item)).filter(|_| !std::mem::take(&mut self.cut));
            verdicts.push((opening, judge(companions, &item.guide, item.node, json)));
        }
        verdicts
    }
}

fn judge<'c>(companions: &'c [Companion], guide: &Guide, node: NodeIx, json: Option<&[u8]>) -> Vec<Verdict<'c>> {
    let json = json.filter(|json| json.len() <= ITEM_BYTES_MAX);
    let root = json.and_then(|json| serde_json::from_slice::<Json>(json).ok());
    let rules =
        || companions.iter().flat_map(|companion| companion.expressions().iter().map(move |rule| (companion, rule)));
    let used = |name: &str| rules().any(|(_, rule)| rule.compiled.uses(name));
    let subject = root
        .as_ref()
        .map(|root| Subject::new(variables_of(guide, node, root).into_iter().filter(|(name, _)| used(name))));
    let mut verdicts = Vec::new();
    for (companion, rule) in rules() {
        let answer = match &subject {
            Some(subject) => rule.compiled.judge(subject),
            None => Answer::Unknown("an item of at most 1 MiB"),
        };
        match answer {
            Answer::Holds => {}
            Answer::Broken => verdicts.push(Verdict { companion, rule, unknown: None }),
            Answer::Unknown(why) => verdicts.push(Verdict { companion, rule, unknown: Some(why) }),
        }
    }
    verdicts
}

/// An item's variables: `set`, the loops that lead to it, `item`. A level that the item does not stand under is empty.
fn variables_of<'j>(guide: &'j Guide, node: NodeIx, root: &'j Json) -> Vec<(&'j str, &'j Json)> {
    static EMPTY: LazyLock<Json> = LazyLock::new(|| Json::Object(serde_json::Map::new()));
    let mut path = Vec::new();
    let mut at = node;
    while at != NodeIx::ROOT && at != NodeIx::NONE {
        path.push(at);
        at = guide.node(at).parent;
    }
    let mut variables: Vec<(&str, &Json)> = variables(guide).into_iter().map(|(name, _)| (name, &*EMPTY)).collect();
    let mut put = |name: &str, json| variables.iter_mut().filter(|(of, _)| *of == name).for_each(|slot| slot.1 = json);
    let mut json = root;
    put("set", json);
    for level in path.iter().rev() {
        let name = guide.node(*level).name.as_ref();
        let below = json.get(name).map(|below| below.get(0).unwrap_or(below));
        json = below.unwrap_or(&EMPTY);
        put(name, json);
    }
    put("item", json);
    variables
}
