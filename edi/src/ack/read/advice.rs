//! Facts of an 824.

use super::{Fact, bytes, number, part, text};
use crate::Segment;

/// OTI: what became of a set, or of a part of it. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AdviceAnswer {
    /// OTI01: `TA`, `TE` or `TR` of a set; `IA`, `IE` or `IR` of an item.
    pub verdict: String,
    /// OTI03: the set's or the item's own number.
    pub reference: Vec<u8>,
    /// OTI08: GS06 of its group.
    pub group: String,
    /// OTI09: ST02.
    pub control_number: String,
    /// OTI10: ST01.
    pub code: String,
    /// OTI11.
    pub version: String,
}

/// TED: a fault, of the set that was told last. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AdviceNote {
    /// TED01.
    pub code: String,
    /// TED02.
    pub message: String,
    /// TED03.
    pub id: String,
    /// TED04: ordinal in the set, ST = 1; 0 where none is named.
    pub position: u32,
    /// TED05-1; 0 where the segment is meant.
    pub element: u16,
    /// TED05-2; 0 where the element is meant.
    pub component: u16,
    /// TED05-3; 0 where the element does not repeat.
    pub repetition: u16,
}

impl AdviceAnswer {
    /// Whether the application does not take it.
    pub fn rejected(&self) -> bool {
        matches!(self.verdict.as_str(), "TR" | "IR" | "GR")
    }
}

impl std::fmt::Debug for AdviceAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdviceAnswer({} of {})", self.verdict, self.code)
    }
}

impl std::fmt::Debug for AdviceNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdviceNote({} at {} {})", self.code, self.position, self.element)
    }
}

/// What a segment of an 824 says.
pub(super) fn fact(segment: &Segment<'_>) -> Option<Fact> {
    match segment.id().as_bytes() {
        b"OTI" => Some(Fact::Advice(AdviceAnswer {
            verdict: text(segment, 1),
            reference: bytes(segment, 3),
            group: text(segment, 8),
            control_number: text(segment, 9),
            code: text(segment, 10),
            version: text(segment, 11),
        })),
        b"TED" => Some(Fact::AdviceNote(AdviceNote {
            code: text(segment, 1),
            message: text(segment, 2),
            id: text(segment, 3),
            position: number(segment, 4).unwrap_or(0),
            element: part(segment, 5, 1),
            component: part(segment, 5, 2),
            repetition: part(segment, 5, 3),
        })),
        _ => None,
    }
}
