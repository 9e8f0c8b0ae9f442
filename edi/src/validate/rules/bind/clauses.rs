//! A rule's conditions at one anchor.

use super::super::data::{DataRule, Refusal};
use super::super::format::format;
use super::super::notation::{Atom, ElementAt, Formula, Named, Op, Operand, Place, Scope, Test};
use super::resolve::{Found, ask, used};
use super::tree::{CLAUSES_MAX, Literal, Tree, looked_at, possible};
use super::{
    Anchor, Ask, AskKind, Binder, DraftClause, DraftDays, DraftDynamic, DraftEnd, DraftPointer, DraftSource, FormatRef,
    Ref, Targets, Wanted,
};
use crate::guide::{DataType, ElementId, NodeIx};
use std::collections::BTreeSet;

/// What a complaint names, and what makes it a fault.
#[derive(Clone)]
struct Pointed {
    at: Vec<DraftPointer>,
    because: Vec<DraftPointer>,
}

const TOO_MANY: &str = "the conditions make too many cases: split the rule";

/// What is known only when an outer loop closes.
#[derive(Default)]
struct Late {
    bits: Vec<(Ref, bool)>,
    dynamics: Vec<DraftDynamic>,
    scopes: BTreeSet<NodeIx>,
}

impl Binder<'_> {
    /// The clauses of a rule at an anchor.
    pub(super) fn clauses_of(&mut self, data: &DataRule, index: u16, anchor: Anchor) {
        let rule = &data.rule;
        let mut parts: Vec<Tree> = Vec::new();
        if let Scope::Each(place) = &rule.scope {
            let asks: Vec<Ask> =
                place.conditions.iter().map(ask).filter(|ask| self.known(anchor.node, ask).is_none()).collect();
            parts.extend(asks.into_iter().map(|ask| Tree::Literal(Literal::Own(ask))));
        }
        parts.extend(rule.when.iter().map(|formula| self.tree(formula, true, anchor)));
        let (Some(asked), Some(broken)) = (Tree::All(parts).clauses(), self.broken(data, anchor)) else {
            return self.problem(1, TOO_MANY);
        };
        if asked.len() * broken.len() > CLAUSES_MAX {
            return self.problem(1, TOO_MANY);
        }
        let pointed = self.pointed(data, anchor);
        for (asked, (broken, at)) in asked.iter().flat_map(|asked| broken.iter().map(move |broken| (asked, broken))) {
            let mut pointed = pointed.clone();
            pointed.at.splice(0..0, *at);
            if let Some(literals) = possible([asked.as_slice(), broken].concat()) {
                self.clause(data, index, anchor, &pointed, literals);
            }
        }
    }

    /// Each way in which an expectation does not hold, with what the finding then names where the rule says `at expected`; `None` where
    /// they are too many.
    fn broken(&mut self, data: &DataRule, anchor: Anchor) -> Option<Vec<(Vec<Literal>, Option<DraftPointer>)>> {
        let mut all = Vec::new();
        for formula in &data.rule.expect {
            let ways = self.tree(formula, false, anchor).clauses()?;
            let expected = matches!(data.rule.at, Some(Named::Expected));
            let place = first_place(formula).filter(|_| expected && !anchor.each);
            let at = place.and_then(|place| self.pointer(place, anchor));
            let own = |way: &[Literal]| looked_at(way).filter(|_| expected && anchor.each);
            all.extend(ways.into_iter().map(|way| {
                let at = at.or(own(&way).map(|element| DraftPointer::Own(Some(element))));
                (way, at)
            }));
        }
        Some(all)
    }

    fn pointed(&mut self, data: &DataRule, anchor: Anchor) -> Pointed {
        let place = match &data.rule.at {
            Some(Named::Place(place)) => Some(place),
            Some(Named::Expected) | None => None,
        };
        let element =
            matches!(data.rule.at, Some(Named::Expected)) || place.is_some_and(|place| place.element.is_some());
        if matches!(data.refusal, Refusal::Element(_)) && !element {
            self.problem(place.map_or(1, |place| place.line), "`code element` needs an element behind `at`");
        }
        let mut at: Vec<DraftPointer> = place.and_then(|place| self.pointer(place, anchor)).into_iter().collect();
        if anchor.each {
            at.push(DraftPointer::Own(None));
        } else {
            let opening = self.guide.node(anchor.node).first_child;
            let (mark, bit) = self.want(anchor.node, vec![(opening, Vec::new())], Wanted::Mark(None));
            at.push(DraftPointer::Mark(mark, bit));
        }
        let because = data.rule.because.iter().filter_map(|place| self.pointer(place, anchor)).collect();
        Pointed { at, because }
    }

    fn pointer(&mut self, place: &Place, anchor: Anchor) -> Option<DraftPointer> {
        let found = self.resolve(place, anchor)?;
        if found.own {
            return Some(DraftPointer::Own(place.element));
        }
        if found.late {
            self.problem(place.line, "the place may come after the rule is asked");
            return None;
        }
        let (mark, bit) = self.want(found.scope, found.targets, Wanted::Mark(place.element));
        Some(DraftPointer::Mark(mark, bit))
    }

    fn clause(&mut self, data: &DataRule, index: u16, anchor: Anchor, pointed: &Pointed, literals: Vec<Literal>) {
        let mut draft = DraftClause {
            node: anchor.node,
            rule: index,
            each: super::Each::default(),
            asks: Vec::new(),
            bits: Vec::new(),
            dynamics: Vec::new(),
            at: pointed.at.clone(),
            because: pointed.because.clone(),
            end: DraftEnd::Tell,
        };
        let mut late = Late::default();
        for literal in literals {
            match literal {
                Literal::Own(ask) => draft.asks.push(ask),
                Literal::Bit { bit, set, late: false } => draft.bits.push((bit, set)),
                Literal::Bit { bit, set, late: true } => {
                    late.bits.push((bit, set));
                    late.scopes.insert(bit.scope);
                }
                Literal::Dynamic { dynamic, late: None } => draft.dynamics.push(dynamic),
                Literal::Dynamic { dynamic, late: Some(scope) } => {
                    late.dynamics.push(dynamic);
                    late.scopes.insert(scope);
                }
            }
        }
        if anchor.each {
            let starred = match &data.rule.scope {
                Scope::Each(place) => place.element,
                Scope::Loop(_) => None,
            };
            let own = |pointer: &DraftPointer| match pointer {
                DraftPointer::Own(element) => *element,
                DraftPointer::Mark(..) => None,
            };
            let pointed = draft.at.iter().filter_map(own);
            let elements = draft.asks.iter().map(|ask| ask.element).chain(pointed).chain(starred);
            draft.each = self.each(anchor.node, elements);
        }
        if !late.scopes.is_empty() {
            self.later(&mut draft, late);
        }
        self.clauses.push(draft);
    }

    /// What comes after the rule's place is asked when the loop that holds both closes.
    fn later(&mut self, draft: &mut DraftClause, late: Late) {
        let (Some(scope), 1) = (late.scopes.first().copied(), late.scopes.len()) else {
            return self.problem(
                1,
                "what comes after the rule's place must stand in one loop: split the rule or name the outer loop",
            );
        };
        let bit = self.bit(scope);
        let mark = self.marks;
        self.marks += 1;
        // Of what made it a fault, what is still known then.
        let known = |pointer: &&DraftPointer| match pointer {
            DraftPointer::Own(_) => false,
            DraftPointer::Mark(_, bit) => self.guide.within(scope, bit.scope),
        };
        let because = draft.because.iter().filter(known).copied().collect();
        let (mut dynamics, mut period) = (late.dynamics, None);
        for dynamic in &mut dynamics {
            if let DraftDynamic::Outside { period: days @ DraftDays::Own(..), .. } = dynamic
                && let DraftDays::Own(element, list) = *days
            {
                // A code whose days are asked twice has one period.
                let known = period.filter(|(_, of, within)| (*of, *within) == (element, list));
                let (slot, ..) = *period.insert(known.unwrap_or((self.holds, element, list)));
                *days = DraftDays::Held(slot, bit);
                self.holds += u16::from(known.is_none());
            }
        }
        draft.end = DraftEnd::Later { bit, mark, period };
        let mut bits = late.bits;
        bits.push((bit, true));
        self.clauses.push(DraftClause {
            node: scope,
            rule: draft.rule,
            each: super::Each::default(),
            asks: Vec::new(),
            bits,
            dynamics,
            at: vec![DraftPointer::Mark(mark, bit)],
            because,
            end: DraftEnd::Tell,
        });
    }

    fn tree(&mut self, formula: &Formula, holds: bool, anchor: Anchor) -> Tree {
        match formula {
            Formula::Not(inner) => self.tree(inner, !holds, anchor),
            Formula::All(parts) | Formula::Any(parts) => {
                let trees = parts.iter().map(|part| self.tree(part, holds, anchor)).collect();
                if matches!(formula, Formula::All(_)) == holds { Tree::All(trees) } else { Tree::Any(trees) }
            }
            Formula::Atom(atom) => self.atom(atom, holds, anchor),
        }
    }

    fn atom(&mut self, atom: &Atom, holds: bool, anchor: Anchor) -> Tree {
        // Where a place does not stand, what is asked of its value decides nothing.
        let undecided = matches!(atom.test, Test::Is(_) | Test::List(..) | Test::Compare(..));
        let Some(found) = self.resolve(&atom.place, anchor) else {
            return match &atom.test {
                Test::Count(op, number) => Tree::Const(op.holds(0.cmp(number)) == holds),
                _ => Tree::Const(!undecided && !holds),
            };
        };
        let line = atom.place.line;
        let element = atom.place.element;
        let one = |kind, invert| element.map(|element| Ask { element, absent: false, invert, kind });
        let value = match &atom.test {
            Test::Stands => one(AskKind::Stands, false),
            Test::Codes(codes) => one(AskKind::Codes(codes.clone()), false),
            Test::OtherThan(codes) => one(AskKind::Codes(codes.clone()), true),
            Test::Is(name) => match format(name) {
                Some(format) => one(AskKind::Format(FormatRef(format)), !holds),
                None => return self.nothing(line, format!("there is no format `{name}`")),
            },
            Test::List(name, days) => match self.list(name) {
                Some(list) if !holds && !days.is_empty() => return self.dated(&found, &atom.place, list, days, anchor),
                Some(list) => one(AskKind::List(list), !holds),
                None => return self.nothing(line, format!("there is no code list `{name}`")),
            },
            Test::Compare(op, Operand::Value(value)) => {
                let kind = self.value_kind(&found, element, *op, value);
                match kind {
                    Some(kind) => one(kind, !holds),
                    None => return self.nothing(line, "expected a number or a day (CCYYMMDD) to compare with"),
                }
            }
            Test::Compare(op, Operand::Place(other)) => {
                let op = if holds { *op } else { op.opposite() };
                return self.comparison(&atom.place, found, op, other, anchor);
            }
            Test::Count(op, number) => {
                let op = if holds { *op } else { op.opposite() };
                return self.count(found, element, op, *number);
            }
        };
        self.literal(found, value, undecided || holds, anchor)
    }

    /// A place with conditions and perhaps a test, as bits or as tests of the segment itself.
    fn literal(&mut self, found: Found, value: Option<Ask>, holds: bool, anchor: Anchor) -> Tree {
        if found.own {
            let mut parts = Vec::new();
            for ask in found.targets.into_iter().flat_map(|(_, asks)| asks).chain(value) {
                let ask = if holds { ask } else { Ask { absent: !ask.absent, invert: !ask.invert, ..ask } };
                parts.push(match self.known(anchor.node, &ask) {
                    Some(known) => Tree::Const(known),
                    None => Tree::Literal(Literal::Own(ask)),
                });
            }
            return if holds { Tree::All(parts) } else { Tree::Any(parts) };
        }
        let mut targets = Targets::new();
        for (node, mut asks) in found.targets {
            if let Some(value) = &value {
                match self.known(node, value) {
                    Some(false) => continue,
                    Some(true) => {}
                    None => asks.push(value.clone()),
                }
            }
            targets.push((node, asks));
        }
        if targets.is_empty() {
            return Tree::Const(!holds);
        }
        let (_, bit) = self.want(found.scope, targets, Wanted::Bit);
        Tree::Literal(Literal::Bit { bit, set: holds, late: found.late })
    }

    fn count(&mut self, found: Found, element: Option<ElementAt>, op: Op, number: u32) -> Tree {
        let mut targets = found.targets;
        for (_, asks) in &mut targets {
            asks.extend(element.map(|element| Ask { element, absent: false, invert: false, kind: AskKind::Stands }));
        }
        let (slot, bit) = self.want(found.scope, targets, Wanted::Count);
        let dynamic = DraftDynamic::Count { op, slot, bit, number };
        Tree::Literal(Literal::Dynamic { dynamic, late: found.late.then_some(found.scope) })
    }

    fn comparison(&mut self, place: &Place, found: Found, op: Op, other: &Place, anchor: Anchor) -> Tree {
        let Some(theirs) = self.resolve(other, anchor) else { return Tree::Const(false) };
        let (Some(left), Some(right)) = (place.element, other.element) else { return Tree::Const(false) };
        let own = found.own || theirs.own;
        let late: Vec<NodeIx> = [&found, &theirs].iter().filter(|found| found.late).map(|found| found.scope).collect();
        // What the rule sees before the other side comes may be gone by then.
        let gone = [&found, &theirs]
            .iter()
            .any(|side| !side.late && late.first().is_some_and(|scope| !self.guide.within(*scope, side.scope)));
        if !late.is_empty() && (own || gone) {
            return self
                .nothing(place.line, "one side may come after the rule is asked: name the loop that holds both");
        }
        let kinds = (self.kind(&found, left), self.kind(&theirs, right));
        if kinds.0 != kinds.1 {
            return self.nothing(place.line, "expected two numbers, two days or two texts to compare");
        }
        let left = self.source(found, left, kinds.0);
        let right = self.source(theirs, right, kinds.1);
        let dynamic = match kinds.0 {
            Compared::Text => DraftDynamic::Text { op, left, right },
            _ => DraftDynamic::Ordered { op, left, right },
        };
        Tree::Literal(Literal::Dynamic { dynamic, late: late.first().copied() })
    }

    /// A code is not of the list, or not on its day: the first of these places that stands.
    fn dated(&mut self, found: &Found, place: &Place, list: u16, days: &[Place], anchor: Anchor) -> Tree {
        let Some(element) = place.element else { return Tree::Const(false) };
        let ask = |kind, invert| Some(Ask { element, absent: false, invert, kind });
        let unlisted = self.literal(found.clone(), ask(AskKind::List(list), true), true, anchor);
        let mut sources = Vec::new();
        let mut late: BTreeSet<NodeIx> = found.late.then_some(found.scope).into_iter().collect();
        let mut early: Vec<NodeIx> = if found.late || found.own { Vec::new() } else { vec![found.scope] };
        for day in days {
            let (Some(theirs), Some(part)) = (self.resolve(day, anchor), day.element) else { continue };
            if theirs.late {
                late.insert(theirs.scope);
            } else if theirs.own {
                early.push(anchor.node);
            } else {
                early.push(theirs.scope);
            }
            sources.push(self.source(theirs, part, Compared::Day));
        }
        let scope = late.first().copied();
        let gone = early.iter().any(|early| scope.is_some_and(|scope| !self.guide.within(scope, *early)));
        if sources.is_empty() || late.len() > 1 || gone {
            return self.nothing(place.line, "the days must stand in one loop with the code, or around it");
        }
        let limited = ask(AskKind::Limited(list), false);
        let period = if found.own {
            DraftDays::Own(element, list)
        } else {
            let mut targets = found.targets.clone();
            targets.iter_mut().for_each(|(_, asks)| asks.extend(limited.clone()));
            let (slot, bit) = self.want(found.scope, targets, Wanted::Period(element, list));
            DraftDays::Held(slot, bit)
        };
        let dynamic = DraftDynamic::Outside { period, days: sources };
        let outside = Tree::Literal(Literal::Dynamic { dynamic, late: scope });
        let limited = self.literal(found.clone(), limited, true, anchor);
        Tree::Any(vec![unlisted, Tree::All(vec![limited, outside])])
    }

    fn source(&mut self, found: Found, element: ElementAt, kind: Compared) -> DraftSource {
        let day = kind == Compared::Day;
        if found.own {
            return DraftSource::Own(element, day);
        }
        let wanted = if kind == Compared::Text { Wanted::Text(element) } else { Wanted::Hold(element, day) };
        let (slot, bit) = self.want(found.scope, found.targets, wanted);
        DraftSource::Held(slot, bit)
    }

    fn kind(&self, found: &Found, element: ElementAt) -> Compared {
        let used = found.targets.first().and_then(|(node, _)| used(self.guide, *node, element));
        match used.map(|(used, _)| (used.data_type, used.element)) {
            Some((DataType::R | DataType::N(_), _)) => Compared::Number,
            Some((DataType::Dt, _)) => Compared::Day,
            Some((_, id)) if id == ElementId::lit("1251") => Compared::Day,
            _ => Compared::Text,
        }
    }

    fn value_kind(&self, found: &Found, element: Option<ElementAt>, op: Op, value: &str) -> Option<AskKind> {
        let element = element?;
        crate::decimal::Decimal::parse(value.as_bytes())?;
        match self.kind(found, element) {
            Compared::Number => Some(AskKind::Number(op, value.to_owned())),
            Compared::Day if value.len() == 8 => Some(AskKind::Day(op, element.part, value.to_owned())),
            Compared::Day => None,
            Compared::Text => Some(AskKind::Number(op, value.to_owned())),
        }
    }

    fn nothing(&mut self, line: usize, problem: impl Into<String>) -> Tree {
        self.problem(line, problem);
        Tree::Const(false)
    }
}

/// The place that a condition speaks of first.
fn first_place(formula: &Formula) -> Option<&Place> {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => parts.iter().find_map(first_place),
        Formula::Not(inner) => first_place(inner),
        Formula::Atom(atom) => Some(&atom.place),
    }
}

/// As what two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Number,
    Day,
    Text,
}
