//! IK3 and IK4 loops: findings that come in the order of the file, gathered by segment.

use super::context::BusinessUnit;
use super::options::{Missing, Options};
use super::trigger;
use crate::ack::Format;
use crate::finding::{ElementCode, Fault, Finding, Place, SegmentCode, Trigger};
use crate::guide::ElementId;
use crate::{Delimiters, OwnedSegment, Segment};

/// Most characters of a loop id (447).
const LOOP_ID_MAX: usize = 4;
/// Most characters of a copy of bad data (724).
const COPY_MAX: usize = 99;
/// Greatest element position (722) and component position (1528).
const POSITION_MAX: u16 = 99;
/// Greatest position of a repetition (1686).
const REPETITION_MAX: u16 = 9999;

/// The errors of one transaction set.
#[derive(Debug, Default)]
pub(super) struct Errors {
    /// The segment that was told last, without an allocation for each: bad data is copied from it.
    bytes: Vec<u8>,
    offset: u64,
    ordinal: u32,
    delimiters: Delimiters,
    /// Which segment the IK3 of code 8 that was written last speaks of.
    open: Option<u32>,
    written: u32,
    /// IK4 segments in the IK3 loop that is open.
    elements: u32,
}

/// What an IK3 loop is written with and where to.
pub(super) struct Paper<'a> {
    pub(super) unit: &'a BusinessUnit,
    pub(super) options: &'a Options,
    pub(super) format: &'a Format,
    pub(super) out: &'a mut Vec<u8>,
}

impl Errors {
    /// Another transaction set starts.
    pub(super) fn start(&mut self) {
        self.bytes.clear();
        (self.offset, self.ordinal, self.open, self.written) = (0, 0, None, 0);
    }

    /// Keeps a copy of the segment: a finding holds no value.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(segment.bytes());
        (self.offset, self.ordinal, self.delimiters) = (segment.offset(), segment.ordinal(), segment.delimiters());
    }

    /// Appends what a 999 says of the finding and returns how many segments that took.
    pub(super) fn write(&mut self, finding: &Finding, paper: &mut Paper<'_>) -> u64 {
        let place = &finding.place;
        match finding.fault {
            Fault::Segment(code) => {
                self.open = (code == SegmentCode::Elements).then_some(place.segment);
                self.write_segment(finding, segment_code(code, paper.options.missing), paper)
            }
            Fault::Element { code, reference } => {
                let mut segments = 0;
                if self.open != Some(place.segment) {
                    segments += self.write_segment(finding, SegmentCode::Elements, paper);
                    if segments == 0 {
                        return 0;
                    }
                    self.open = Some(place.segment);
                }
                if self.elements >= paper.options.elements_max {
                    return segments;
                }
                self.elements += 1;
                segments + self.write_element(finding, code, reference, paper)
            }
            Fault::Interchange(_) | Fault::Group(_) | Fault::Set(_) | Fault::Business(_) | Fault::None => 0,
        }
    }

    /// IK3, what the fault depends on, and the CTX of its business unit. A segment whose id is none cannot stand in IK301: then IK5
    /// alone tells of it.
    fn write_segment(&mut self, finding: &Finding, code: SegmentCode, paper: &mut Paper<'_>) -> u64 {
        let place = &finding.place;
        let Some(id) = place.segment_id.filter(|id| !id.is_none()) else { return 0 };
        if self.written >= paper.options.segments_max {
            return 0;
        }
        self.written += 1;
        self.elements = 0;
        let pen = paper.format.segment(paper.out, "IK3").element(id.as_bytes());
        pen.element(place.segment.max(1).to_string()).element(cut_loop_id(&place.loop_path)).element(code.code()).end();
        let mut segments = 1;
        if code != SegmentCode::Elements {
            segments += write_triggers(finding.triggers.iter().take(trigger::OF_SEGMENT_MAX), paper);
        }
        let unit = paper.unit.of(finding).filter(|unit| paper.format.is_clean(unit.value));
        let Some(unit) = unit else { return segments };
        paper.format.segment(paper.out, "CTX").composite(&[unit.name.as_bytes(), unit.value]).end();
        segments + 1
    }

    /// IK4, with a copy of the bad data where it may stand, and what the error depends on.
    fn write_element(&self, finding: &Finding, code: ElementCode, reference: ElementId, paper: &mut Paper<'_>) -> u64 {
        let (place, format) = (&finding.place, paper.format);
        let reference = Some(reference.as_bytes()).filter(|id| id.iter().all(u8::is_ascii_digit));
        let position = position_texts(place.element.max(1), place.component, place.repetition);
        let bad_data = self.copy(place, code, format).filter(|_| paper.options.bad_data);
        format
            .segment(paper.out, "IK4")
            .composite(&position.each_ref().map(String::as_bytes))
            .element(reference.unwrap_or_default())
            .element(code.code())
            .element(bad_data.unwrap_or_default())
            .end();
        let of_notes = self.of_notes(finding, paper);
        let triggers = finding.triggers.iter().chain(&of_notes).take(trigger::OF_ELEMENT_MAX);
        1 + write_triggers(triggers, paper)
    }

    fn of_notes(&self, finding: &Finding, paper: &Paper<'_>) -> Vec<Trigger> {
        let here = self.ordinal == finding.place.segment;
        let Some(guide) = paper.unit.guide().filter(|_| here) else { return Vec::new() };
        trigger::of_notes(guide, finding, &OwnedSegment::new(self.bytes.clone(), self.delimiters))
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

fn write_triggers<'t>(triggers: impl Iterator<Item = &'t Trigger>, paper: &mut Paper<'_>) -> u64 {
    let guide = paper.unit.guide();
    triggers.map(|found| trigger::write(found, guide, paper.format, paper.out)).sum()
}

/// The innermost loop of a path, cut to what IK303 and CTX04 hold: 2010BA is written 2010.
pub(super) fn cut_loop_id(path: &str) -> &str {
    let id = path.rsplit('/').next().unwrap_or_default();
    id.get(..LOOP_ID_MAX).unwrap_or(id)
}

/// Element, component and repetition as IK401 and CTX05 hold them; nothing for 0.
pub(super) fn position_texts(element: u16, component: u16, repetition: u16) -> [String; 3] {
    [number(element, POSITION_MAX), number(component, POSITION_MAX), number(repetition, REPETITION_MAX)]
}

fn number(n: u16, max: u16) -> String {
    if n == 0 { String::new() } else { n.min(max).to_string() }
}

fn segment_code(code: SegmentCode, missing: Missing) -> SegmentCode {
    match (code, missing) {
        (SegmentCode::LoopUnderMin | SegmentCode::UnderMin | SegmentCode::DependentMissing, Missing::Base) => {
            SegmentCode::Missing
        }
        _ => code,
    }
}
