//! Findings by what they have in common: one fault a thousand times is one group with a count and its first places.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use tradewind_edi::explain::{answers, mend, names};
use tradewind_edi::finding::{Place, RuleId};
use tradewind_edi::guide::{NodeIx, SegmentId};
use tradewind_edi::{Finding, Guide, Severity, Snip};

use super::around::Around;
use super::snippet::Snippet;

/// Groups that a file's findings make at most; what comes after is counted by its rule alone.
const GROUPS_MAX: usize = 1000;

/// The findings of a file in memory that does not grow with their number.
pub(super) struct Groups {
    /// Places that are kept of each group.
    places_max: usize,
    groups: Vec<Group>,
    at: HashMap<Key, usize>,
    guides: Vec<Arc<Guide>>,
    guide: Option<usize>,
    terminator: u8,
    rules: BTreeMap<(Snip, Reverse<Severity>, RuleId), RuleTotal>,
    /// Groups and places that have no snippet yet.
    waiting: Vec<(usize, usize)>,
}

/// What the findings of a group have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    rule: RuleId,
    severity: Severity,
    guide: Option<usize>,
    node: Option<NodeIx>,
    segment: Option<SegmentId>,
    element: u16,
    component: u16,
}

/// Findings of one rule at one kind of place.
pub(super) struct Group {
    pub(super) rule: RuleId,
    pub(super) snip: Snip,
    pub(super) severity: Severity,
    /// The first finding's.
    pub(super) message: String,
    /// `NM109`; empty where no segment is meant.
    pub(super) reference: String,
    /// The guide's name of the element or segment.
    pub(super) subject: Option<String>,
    /// Ids and names of the loops, from the outside.
    pub(super) loops: Vec<(String, String)>,
    pub(super) mend: String,
    /// The acknowledgments' codes, and what they mean.
    pub(super) answers: Vec<(String, Option<String>)>,
    pub(super) count: u64,
    pub(super) places: Vec<At>,
}

/// One place of a group.
pub(super) struct At {
    pub(super) interchange: u32,
    pub(super) group: u32,
    pub(super) set: u32,
    pub(super) segment: u32,
    pub(super) repetition: u16,
    pub(super) bytes: Range<u64>,
    pub(super) terminator: u8,
    pub(super) snippet: Option<Snippet>,
}

/// How often a rule was broken.
pub(super) struct RuleTotal {
    pub(super) rule: RuleId,
    pub(super) snip: Snip,
    pub(super) severity: Severity,
    pub(super) count: u64,
    /// Findings that no group holds, since there are too many groups.
    pub(super) ungrouped: u64,
}

impl Groups {
    /// For this many places of each group.
    pub(super) fn new(places_max: usize) -> Self {
        Self {
            places_max,
            groups: Vec::new(),
            at: HashMap::new(),
            guides: Vec::new(),
            guide: None,
            terminator: b'~',
            rules: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// From here on, segments end so.
    pub(super) fn interchange(&mut self, terminator: u8) {
        self.terminator = terminator;
        self.guide = None;
    }

    /// From here on, segments are read by this guide.
    pub(super) fn set(&mut self, guide: Option<&Arc<Guide>>) {
        self.guide = guide.map(|guide| {
            self.guides.iter().position(|known| Arc::ptr_eq(known, guide)).unwrap_or_else(|| {
                self.guides.push(guide.clone());
                self.guides.len() - 1
            })
        });
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        let group = self.group_of(finding);
        let total = self.total_of(finding);
        total.count += 1;
        let Some(at) = group else {
            total.ungrouped += 1;
            return;
        };
        let Some(group) = self.groups.get_mut(at) else { return };
        group.count += 1;
        if group.places.len() < self.places_max {
            self.waiting.push((at, group.places.len()));
            group.places.push(place(&finding.place, self.terminator));
        }
    }

    fn group_of(&mut self, finding: &Finding) -> Option<usize> {
        let place = &finding.place;
        let key = Key {
            rule: finding.rule,
            severity: finding.severity,
            guide: self.guide,
            node: place.node,
            segment: place.segment_id,
            element: place.element,
            component: place.component,
        };
        if let Some(at) = self.at.get(&key) {
            return Some(*at);
        }
        if self.groups.len() >= GROUPS_MAX {
            return None;
        }
        let guide = self.guide.and_then(|at| self.guides.get(at));
        self.groups.push(Group::new(finding, guide.map(AsRef::as_ref)));
        self.at.insert(key, self.groups.len() - 1);
        Some(self.groups.len() - 1)
    }

    fn total_of(&mut self, finding: &Finding) -> &mut RuleTotal {
        let (rule, snip, severity) = (finding.rule, finding.snip, finding.severity);
        let none = RuleTotal { rule, snip, severity, count: 0, ungrouped: 0 };
        self.rules.entry((snip, Reverse(severity), rule)).or_insert(none)
    }

    /// Takes the snippets that can be had from what was read last; `ended` where nothing more comes.
    pub(super) fn look(&mut self, around: &Around, ended: bool) {
        let groups = &mut self.groups;
        self.waiting.retain(|(group, place)| {
            let Some(at) = groups.get_mut(*group).and_then(|group| group.places.get_mut(*place)) else { return false };
            if !ended && !around.reaches(&at.bytes) {
                return true;
            }
            at.snippet = around.snippet(&at.bytes, at.terminator);
            false
        });
    }

    /// Errors first, then warnings, then notes; each in the order of their first places.
    pub(super) fn in_order(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| Reverse(group.severity));
        groups
    }

    /// By SNIP type, severity and rule.
    pub(super) fn rules(&self) -> impl Iterator<Item = &RuleTotal> {
        self.rules.values()
    }
}

impl Group {
    fn new(finding: &Finding, guide: Option<&Guide>) -> Self {
        let place = &finding.place;
        Self {
            rule: finding.rule,
            snip: finding.snip,
            severity: finding.severity,
            message: finding.message.clone(),
            reference: names::reference(place),
            subject: guide.and_then(|guide| names::subject(guide, place)),
            loops: guide.zip(place.node).map(|(guide, node)| names::loops(guide, node)).unwrap_or_default(),
            mend: mend(guide, finding),
            answers: answers(finding),
            count: 0,
            places: Vec::new(),
        }
    }
}

fn place(place: &Place, terminator: u8) -> At {
    At {
        interchange: place.interchange,
        group: place.group,
        set: place.set,
        segment: place.segment,
        repetition: place.repetition,
        bytes: place.bytes.clone(),
        terminator,
        snippet: None,
    }
}

#[cfg(test)]
mod tests {
    use tradewind_edi::finding::{Fault, Layer, Scope};

    use super::*;

    fn finding(element: u16, severity: Severity) -> Finding {
        Finding {
            rule: RuleId("code"),
            snip: Snip::Guide,
            severity,
            layer: Layer::Guide,
            message: String::new(),
            place: Place { element, ..Place::default() },
            fault: Fault::None,
            status: None,
            triggers: Vec::new(),
            scope: Scope::Item,
        }
    }

    #[test]
    fn one_fault_a_thousand_times_is_one_group() {
        let mut groups = Groups::new(3);
        (0..1000).for_each(|_| groups.add(&finding(1, Severity::Warning)));
        groups.add(&finding(1, Severity::Error));
        let found = groups.in_order();
        assert_eq!(
            found.iter().map(|group| (group.count, group.places.len())).collect::<Vec<_>>(),
            [(1, 1), (1000, 3)]
        );
        assert_eq!(groups.rules().map(|total| total.count).collect::<Vec<_>>(), [1, 1000]);
    }

    #[test]
    fn groups_past_the_limit_are_counted_by_rule() {
        let mut groups = Groups::new(3);
        for element in 0..=GROUPS_MAX as u16 {
            groups.add(&finding(element, Severity::Error));
            groups.add(&finding(element, Severity::Error));
        }
        assert_eq!(groups.in_order().len(), GROUPS_MAX);
        let total = groups.rules().next().unwrap();
        assert_eq!((total.count, total.ungrouped), (2 * (GROUPS_MAX as u64 + 1), 2));
    }
}
