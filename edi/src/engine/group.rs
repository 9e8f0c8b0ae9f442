//! GS and GE.

use super::core::Core;
use super::events::{GroupEnd, GroupHeader, GroupStart, Verdict, Visitor};
use super::report::Draft;
use super::state::{At, Group};
use crate::finding::{Fault, GroupCode, Layer, RuleInfo, Scope};
use crate::read::text;
use crate::segment::Segment;
use crate::validate::{catalog, value};

impl Core {
    pub(super) fn group_header(&mut self, segment: &Segment<'_>, visitor: &mut impl Visitor) {
        let field = |n: usize| segment.element(n).map(text).unwrap_or_default();
        let header = GroupHeader {
            code: field(1),
            sender: field(2),
            receiver: field(3),
            date: field(4),
            time: field(5),
            control_number: field(6),
            version: field(8),
        };
        let runs_max = self.options.limits.control_number_runs_max;
        let Some(interchange) = &mut self.interchange else { return };
        interchange.groups += 1;
        let twice = interchange.group_numbers.add(header.control_number.as_bytes(), runs_max);
        visitor.group_start(&GroupStart { ordinal: interchange.groups, header: &header, segment: *segment });
        let today = Some(header.date.as_bytes()).filter(|date| date.len() == 8 && value::is_date(date));
        self.checker.today = today.and_then(value::digits).unwrap_or(0) as u32;
        let faults = self.group_faults(&header, twice);
        self.group = Some(Group { header, ..Group::default() });
        for (rule, fault, element, expected) in faults {
            let at = At::element(segment, None, element);
            let message = format!("GS{element:02}: expected {expected}, found something else");
            self.tell(None, Draft { rule, layer: Layer::Base, message, fault, scope: Scope::Group, at }, visitor);
        }
    }

    fn group_faults(&self, header: &GroupHeader, twice: bool) -> Vec<(&'static RuleInfo, Fault, u16, &'static str)> {
        let number = header.control_number.as_bytes();
        let guides = || self.options.guides.of_revision(&header.version);
        let known = guides().next().is_some();
        let fits = !known || guides().any(|guide| guide.group == header.code);
        let date = self.checker.today != 0;
        let time = value::is_time(header.time.as_bytes());
        let checks = [
            (date, &catalog::GROUP_DATE, Fault::None, 4, "a date as CCYYMMDD"),
            (time, &catalog::GROUP_DATE, Fault::None, 5, "a time"),
            (
                number.len() <= 9 && value::digits(number).is_some(),
                &catalog::GROUP_HEADER,
                Fault::Group(GroupCode::ControlNumber),
                6,
                "a control number of one to nine digits",
            ),
            (
                !twice,
                &catalog::GROUP_NUMBER_TWICE,
                Fault::Group(GroupCode::ControlNumberTwice),
                6,
                "a control number of its own in the interchange",
            ),
            (known, &catalog::GROUP_VERSION, Fault::Group(GroupCode::Version), 8, "a guide that is known"),
            (fits, &catalog::GROUP_CODE, Fault::Group(GroupCode::Group), 1, "the group of the guide that GS08 names"),
        ];
        checks.into_iter().filter(|check| !check.0).map(|(_, rule, fault, n, text)| (rule, fault, n, text)).collect()
    }

    pub(super) fn group_trailer(&mut self, segment: &Segment<'_>, visitor: &mut impl Visitor) {
        let Some(group) = &self.group else { return };
        let declared = segment.element(1).and_then(value::digits);
        let counts = declared == Some(u64::from(group.sets));
        let same = segment.element(2) == Some(group.header.control_number.as_bytes());
        if !same {
            let code = GroupCode::ControlNumberMismatch;
            self.tell_group(
                code,
                "GE02: expected GS06's control number, found another",
                At::element(segment, None, 2),
                visitor,
            );
        }
        if !counts {
            let message = "GE01: expected the number of sets, found another";
            self.tell_group(GroupCode::SetCount, message, At::element(segment, None, 1), visitor);
        }
        self.group_end(Some(*segment), declared, visitor);
    }

    /// The group, if one is open, ends without its GE.
    pub(super) fn group_cut(&mut self, offset: u64, visitor: &mut impl Visitor) {
        if self.group.is_none() {
            return;
        }
        let at = At { bytes: offset..offset, ..At::default() };
        self.tell_group(GroupCode::TrailerMissing, "expected GE, found none", at, visitor);
        self.group_end(None, None, visitor);
    }

    fn tell_group(&mut self, code: GroupCode, message: &str, at: At, visitor: &mut impl Visitor) {
        let draft = Draft {
            rule: &catalog::GROUP_TRAILER,
            layer: Layer::Base,
            message: message.to_owned(),
            fault: Fault::Group(code),
            scope: Scope::Group,
            at,
        };
        self.tell(None, draft, visitor);
    }

    fn group_end(&mut self, segment: Option<Segment<'_>>, sets_declared: Option<u64>, visitor: &mut impl Visitor) {
        let Some(mut group) = self.group.take() else { return };
        let rejected = group.tally.sets_rejected;
        let sets_accepted = (group.tally.sets - rejected) as u32;
        let verdict = match rejected {
            _ if !group.codes.is_empty() => Verdict::Rejected,
            0 if group.sets_with_errors == 0 => Verdict::Accepted,
            0 => Verdict::AcceptedWithErrors,
            _ if sets_accepted == 0 => Verdict::Rejected,
            _ => Verdict::PartlyAccepted,
        };
        if verdict == Verdict::Rejected {
            group.tally.reject();
        }
        let Some(interchange) = &mut self.interchange else { return };
        interchange.tally.add(group.tally);
        visitor.group_end(&GroupEnd {
            ordinal: interchange.groups,
            header: &group.header,
            segment,
            verdict,
            codes: &group.codes,
            sets_declared,
            sets: group.sets,
            sets_accepted,
        });
    }
}
