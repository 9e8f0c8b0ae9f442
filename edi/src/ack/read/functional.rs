//! Facts of a 999 and of a 997.

use super::{Fact, number, part, text};
use crate::Segment;

/// AK1: the group that is acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupName {
    /// AK101: GS01.
    pub code: String,
    /// AK102: GS06.
    pub control_number: String,
    /// AK103: GS08; a 997 may leave it out.
    pub version: String,
}

/// AK2: the set that is acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetName {
    /// GS06 of its group.
    pub group: String,
    /// AK201: ST01.
    pub code: String,
    /// AK202: ST02.
    pub control_number: String,
    /// AK203: ST03.
    pub convention: String,
}

/// IK3: a segment in error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentNote {
    /// IK301.
    pub id: String,
    /// IK302: ordinal in the set, ST = 1.
    pub position: u32,
    /// IK303.
    pub loop_id: String,
    /// IK304.
    pub code: String,
}

/// CTX. `Debug` shows no reference.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ContextNote {
    /// CTX01-1: `SITUATIONAL TRIGGER`, or what names the business unit.
    pub name: String,
    /// CTX01-2: the business unit's value.
    pub reference: String,
    /// CTX02 to CTX05 of a trigger.
    pub trigger: Option<Trigger>,
}

/// The segment and element that make a situational error one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// CTX02.
    pub id: String,
    /// CTX03: ordinal in the set.
    pub position: u32,
    /// CTX04.
    pub loop_id: String,
    /// CTX05-1; 0 where the segment as a whole is meant.
    pub element: u16,
    /// CTX05-2; 0 where the element is meant.
    pub component: u16,
    /// CTX05-3; 0 where the element does not repeat.
    pub repetition: u16,
}

/// IK4: an element in error. `Debug` shows no bad data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ElementNote {
    /// IK401-1.
    pub element: u16,
    /// IK401-2; 0 where the element is meant.
    pub component: u16,
    /// IK401-3; 0 where the element does not repeat.
    pub repetition: u16,
    /// IK402.
    pub reference: String,
    /// IK403.
    pub code: String,
    /// IK404.
    pub bad_data: String,
}

/// IK5: what became of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetAnswer {
    /// Which.
    pub set: SetName,
    /// IK501.
    pub verdict: String,
    /// IK502 to IK506.
    pub codes: Vec<String>,
}

/// AK9: what became of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupAnswer {
    /// Which.
    pub group: GroupName,
    /// AK901.
    pub verdict: String,
    /// AK902: sets declared.
    pub included: Option<u32>,
    /// AK903.
    pub received: Option<u32>,
    /// AK904.
    pub accepted: Option<u32>,
    /// AK905 to AK909.
    pub codes: Vec<String>,
}

impl SetAnswer {
    /// Whether the receiver goes on with it: `A` or `E`.
    pub fn accepted(&self) -> bool {
        matches!(self.verdict.as_str(), "A" | "E")
    }
}

impl GroupAnswer {
    /// Whether the receiver goes on with the group or a part of it: `A`, `E` or `P`.
    pub fn accepted(&self) -> bool {
        matches!(self.verdict.as_str(), "A" | "E" | "P")
    }
}

impl std::fmt::Debug for ContextNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContextNote").field("name", &self.name).field("trigger", &self.trigger).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ElementNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ElementNote({}:{}:{} {})", self.element, self.component, self.repetition, self.code)
    }
}

/// Where in a 999 one is.
#[derive(Debug, Default)]
pub(super) struct Functional {
    group: GroupName,
    set: SetName,
}

impl Functional {
    pub(super) fn segment(&mut self, segment: &Segment<'_>) -> Option<Fact> {
        let fact = match segment.id().as_bytes() {
            b"AK1" => {
                let [code, control_number, version] = [1, 2, 3].map(|position| text(segment, position));
                self.group = GroupName { code, control_number, version };
                Fact::Group(self.group.clone())
            }
            b"AK2" => {
                let [code, control_number, convention] = [1, 2, 3].map(|position| text(segment, position));
                let group = self.group.control_number.clone();
                self.set = SetName { group, code, control_number, convention };
                Fact::Set(self.set.clone())
            }
            b"IK3" | b"AK3" => Fact::Segment(SegmentNote {
                id: text(segment, 1),
                position: number(segment, 2).unwrap_or(0),
                loop_id: text(segment, 3),
                code: text(segment, 4),
            }),
            b"CTX" => Fact::Context(context(segment)),
            b"IK4" | b"AK4" => Fact::Element(ElementNote {
                element: part(segment, 1, 1),
                component: part(segment, 1, 2),
                repetition: part(segment, 1, 3),
                reference: text(segment, 2),
                code: text(segment, 3),
                bad_data: text(segment, 4),
            }),
            b"IK5" | b"AK5" => Fact::SetEnd(SetAnswer {
                set: std::mem::take(&mut self.set),
                verdict: text(segment, 1),
                codes: codes(segment, 2..=6),
            }),
            b"AK9" => Fact::GroupEnd(GroupAnswer {
                group: std::mem::take(&mut self.group),
                verdict: text(segment, 1),
                included: number(segment, 2),
                received: number(segment, 3),
                accepted: number(segment, 4),
                codes: codes(segment, 5..=9),
            }),
            _ => return None,
        };
        Some(fact)
    }
}

fn context(segment: &Segment<'_>) -> ContextNote {
    let part_text = |component| {
        let value = segment.component(1, component).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    };
    let trigger = segment.element(2).map(|_| Trigger {
        id: text(segment, 2),
        position: number(segment, 3).unwrap_or(0),
        loop_id: text(segment, 4),
        element: part(segment, 5, 1),
        component: part(segment, 5, 2),
        repetition: part(segment, 5, 3),
    });
    ContextNote { name: part_text(1), reference: part_text(2), trigger }
}

fn codes(segment: &Segment<'_>, positions: std::ops::RangeInclusive<usize>) -> Vec<String> {
    positions.map(|position| text(segment, position)).filter(|code| !code.is_empty()).collect()
}
