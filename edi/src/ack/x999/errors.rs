//! IK3 and IK4 loops: findings that come in the order of the file, gathered by segment.

use super::context::Unit;
use super::options::{Missing, Options};
use crate::Segment;
use crate::ack::Format;
use crate::finding::{ElementCode, Fault, Finding, Place, SegmentCode};
use crate::guide::ElementId;

/// Most characters of a loop id (447).
const LOOP_ID_MAX: usize = 4;
/// Most characters of a copy of bad data (724).
const COPY_MAX: usize = 99;
/// Greatest element position (722) and component position (1528).
const POSITION_MAX: u16 = 99;

/// The errors of one transaction set.
#[derive(Debug, Default)]
pub(super) struct Errors {
    /// The segment that was told last: bad data is copied from it.
    bytes: Vec<u8>,
    offset: u64,
    /// Which segment the IK3 of code 8 that was written last speaks of.
    open: Option<u32>,
    written: u32,
}

impl Errors {
    /// Another transaction set starts.
    pub(super) fn start(&mut self) {
        self.bytes.clear();
        self.open = None;
        self.written = 0;
    }

    /// Keeps a copy of the segment: a finding holds no value.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(segment.bytes());
        self.offset = segment.offset();
    }

    /// Appends what a 999 says of the finding and returns how many segments that took.
    pub(super) fn write(
        &mut self,
        finding: &Finding,
        unit: Option<Unit<'_>>,
        options: &Options,
        format: &Format,
        out: &mut Vec<u8>,
    ) -> u64 {
        let place = &finding.place;
        match finding.fault {
            Fault::Segment(code) => {
                self.open = (code == SegmentCode::Elements).then_some(place.segment);
                self.write_segment(place, segment_code(code, options.missing), unit, options, format, out)
            }
            Fault::Element { code, reference } => {
                let mut segments = 0;
                if self.open != Some(place.segment) {
                    segments += self.write_segment(place, SegmentCode::Elements, unit, options, format, out);
                    if segments == 0 {
                        return 0;
                    }
                    self.open = Some(place.segment);
                }
                self.write_element(place, code, reference, format, out);
                segments + 1
            }
            Fault::Interchange(_) | Fault::Group(_) | Fault::Set(_) | Fault::Business(_) | Fault::None => 0,
        }
    }

    /// IK3, and the CTX of its business unit. A segment whose id is none cannot stand in IK301: then IK5 alone tells of it.
    fn write_segment(
        &mut self,
        place: &Place,
        code: SegmentCode,
        unit: Option<Unit<'_>>,
        options: &Options,
        format: &Format,
        out: &mut Vec<u8>,
    ) -> u64 {
        let Some(id) = place.segment_id.filter(|id| !id.is_none()) else { return 0 };
        if self.written >= options.segments_max {
            return 0;
        }
        self.written += 1;
        format
            .segment(out, "IK3")
            .element(id.as_bytes())
            .element(place.segment.max(1).to_string())
            .at_most(place.loop_id().unwrap_or_default().as_bytes(), LOOP_ID_MAX)
            .element(code.code())
            .end();
        let Some(unit) = unit.filter(|unit| format.is_clean(unit.value)) else { return 1 };
        format.segment(out, "CTX").composite(&[unit.name.as_bytes(), unit.value]).end();
        2
    }

    /// IK4, with a copy of the bad data where it may stand.
    fn write_element(
        &self,
        place: &Place,
        code: ElementCode,
        reference: ElementId,
        format: &Format,
        out: &mut Vec<u8>,
    ) {
        let position = |n: u16| if n == 0 { String::new() } else { n.min(POSITION_MAX).to_string() };
        let repetition = if place.repetition == 0 { String::new() } else { place.repetition.min(9999).to_string() };
        let reference = Some(reference.as_bytes()).filter(|id| id.iter().all(u8::is_ascii_digit));
        let element = position(place.element.max(1));
        let component = position(place.component);
        format
            .segment(out, "IK4")
            .composite(&[element.as_bytes(), component.as_bytes(), repetition.as_bytes()])
            .element(reference.unwrap_or_default())
            .element(code.code())
            .element(self.copy(place, code, format).unwrap_or_default())
            .end();
    }

    /// The bad value, cut to 99 characters; `None` where it is missing, or holds what would break this segment.
    fn copy(&self, place: &Place, code: ElementCode, format: &Format) -> Option<&[u8]> {
        if matches!(code, ElementCode::Missing | ElementCode::ConditionMissing | ElementCode::DependentMissing) {
            return None;
        }
        let start = usize::try_from(place.bytes.start.checked_sub(self.offset)?).ok()?;
        let end = usize::try_from(place.bytes.end.checked_sub(self.offset)?).ok()?;
        let value = self.bytes.get(start..end)?;
        let value = value.get(..COPY_MAX).unwrap_or(value);
        let whole_segment = start == 0;
        (!value.trim_ascii().is_empty() && !whole_segment && format.is_clean(value)).then_some(value)
    }
}

fn segment_code(code: SegmentCode, missing: Missing) -> SegmentCode {
    match (code, missing) {
        (SegmentCode::LoopUnderMin | SegmentCode::UnderMin, Missing::Base) => SegmentCode::Missing,
        _ => code,
    }
}
