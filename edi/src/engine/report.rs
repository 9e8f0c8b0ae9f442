//! Findings: their severity, their place, and what they take down.

use super::core::Core;
use super::events::Visitor;
use super::state::At;
use crate::finding::{BusinessCode, Fault, Finding, Layer, Place, RuleInfo, Scope, SetCode, Severity, Snip, Trigger};
use crate::validate::{Plan, catalog};

/// A finding before the options are asked.
pub(super) struct Draft {
    pub(super) rule: &'static RuleInfo,
    pub(super) layer: Layer,
    pub(super) message: String,
    pub(super) fault: Fault,
    pub(super) scope: Scope,
    pub(super) at: At,
}

/// What a rule knows of a finding beyond its place.
#[derive(Debug, Default)]
pub(super) struct Because {
    pub(super) status: Option<BusinessCode>,
    pub(super) triggers: Vec<Trigger>,
}

impl Core {
    /// What an error at this point of a set takes down.
    pub(super) fn scope_here(&self, plan: &Plan, snip: Snip) -> Scope {
        if self.item.is_some() {
            return if plan.alone { Scope::Item } else { Scope::Set };
        }
        if snip <= Snip::Guide || !plan.alone {
            return Scope::Set;
        }
        let level = self.levels.iter().rev().find(|level| plan.step(level.node).holds_items);
        level.map_or(Scope::Set, |level| Scope::Level(level.node))
    }

    /// Tells a finding, unless the options leave out its type, and lets an error take effect.
    #[cold]
    pub(super) fn tell(&mut self, plan: Option<&Plan>, draft: Draft, visitor: &mut impl Visitor) {
        self.tell_because(plan, draft, Because::default(), visitor);
    }

    /// As [`Core::tell`], of a rule that knows what makes it a fault.
    pub(super) fn tell_because(
        &mut self,
        plan: Option<&Plan>,
        draft: Draft,
        because: Because,
        visitor: &mut impl Visitor,
    ) {
        if draft.rule.snip > self.options.snip_max {
            return;
        }
        let severity = self.severity(&draft);
        if severity == Severity::Error {
            self.take_down(&draft);
        }
        if !self.within_limit(visitor) {
            return;
        }
        visitor.finding(&self.finding(plan, draft, because, severity));
    }

    fn severity(&self, draft: &Draft) -> Severity {
        let own = draft.rule.severity;
        let in_set = matches!(draft.scope, Scope::Set | Scope::Level(_) | Scope::Item);
        if !in_set || matches!(draft.fault, Fault::Set(_)) {
            return own;
        }
        if let Some((_, chosen)) = self.options.rule_severities.iter().find(|(rule, _)| *rule == draft.rule.id) {
            return *chosen;
        }
        if own != Severity::Error {
            return own;
        }
        let chosen = self.options.severities.get(usize::from(draft.rule.snip.number()) - 1);
        chosen.copied().flatten().unwrap_or(own)
    }

    fn take_down(&mut self, draft: &Draft) {
        match (draft.scope, draft.fault) {
            (Scope::Interchange, Fault::Interchange(code)) => {
                if let Some(interchange) = &mut self.interchange {
                    interchange.code.get_or_insert(code);
                }
            }
            (Scope::Group, Fault::Group(code)) => {
                if let Some(group) = self.group.as_mut().filter(|group| !group.codes.contains(&code)) {
                    group.codes.push(code);
                }
            }
            (Scope::Set | Scope::Item | Scope::Level(_), _) => self.take_down_in_set(draft),
            _ => {}
        }
    }

    fn take_down_in_set(&mut self, draft: &Draft) {
        let Some(set) = &mut self.set else { return };
        let code = match draft.fault {
            Fault::Set(code) => Some(code),
            Fault::Segment(_) | Fault::Element { .. } if draft.layer == Layer::Base => Some(SetCode::Segments),
            Fault::Segment(_) | Fault::Element { .. } => Some(SetCode::GuideSegments),
            _ => None,
        };
        if let Some(code) = code.filter(|code| !set.codes.contains(code)) {
            set.codes.push(code);
        }
        match draft.scope {
            // A claim that falls alone leaves its set accepted with errors (E), also where a rule that a 999 has no code for took it
            // down: the 277CA tells why.
            Scope::Item => {
                set.noted = true;
                if let Some(item) = &mut self.item {
                    item.rejected = true;
                }
            }
            Scope::Level(node) => {
                set.noted = true;
                if let Some(level) = self.levels.iter_mut().rev().find(|level| level.node == node) {
                    level.tainted = true;
                }
            }
            _ if code.is_some() => set.rejected = true,
            _ => set.rejected_by_rule = true,
        }
    }

    /// Counts a finding against its set's or interchange's limit; says once that the limit is reached.
    fn within_limit(&mut self, visitor: &mut impl Visitor) -> bool {
        let limit = self.options.limits.findings_per_set_max;
        let count = match (&mut self.set, &mut self.interchange) {
            (Some(set), _) => &mut set.findings,
            (None, Some(interchange)) => &mut interchange.findings,
            (None, None) => return true,
        };
        let told = *count;
        *count = count.saturating_add(1);
        if told == limit {
            let draft = Draft {
                rule: &catalog::FINDINGS_LIMIT,
                layer: Layer::Base,
                message: format!("expected at most {limit} findings, found more: they are not told, but they count"),
                fault: Fault::None,
                scope: Scope::File,
                at: At::default(),
            };
            visitor.finding(&self.finding(None, draft, Because::default(), Severity::Info));
        }
        told < limit
    }

    fn finding(&self, plan: Option<&Plan>, draft: Draft, because: Because, severity: Severity) -> Finding {
        let at = draft.at;
        let loop_path = match (plan, at.node) {
            (Some(plan), Some(node)) => plan.guide.loop_path(node),
            _ => String::new(),
        };
        let place = Place {
            interchange: self.interchange.as_ref().map_or(0, |_| self.interchanges),
            group: self.group.as_ref().and(self.interchange.as_ref()).map_or(0, |interchange| interchange.groups),
            set: self.set.as_ref().and(self.group.as_ref()).map_or(0, |group| group.sets),
            segment: at.segment,
            segment_id: at.segment_id,
            node: at.node,
            loop_path,
            element: at.element,
            component: at.component,
            repetition: at.repetition,
            bytes: at.bytes,
        };
        Finding {
            rule: draft.rule.id,
            snip: draft.rule.snip,
            severity,
            layer: draft.layer,
            message: draft.message,
            place,
            fault: draft.fault,
            scope: draft.scope,
            status: because.status,
            triggers: because.triggers,
        }
    }
}
