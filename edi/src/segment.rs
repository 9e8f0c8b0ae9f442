//! A segment as a view on the buffer that it was read into: no copy, no allocation.

use crate::delimiters::Delimiters;
use crate::guide::SegmentId;
use std::fmt;

/// One segment, without its terminator. Borrows the reader's buffer and lives until the visitor returns.
///
/// Elements count from 1, as X12 counts them. `Debug` shows the id and the place, never a value.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    bytes: &'a [u8],
    /// Ascending positions of all delimiters within `bytes`, plus `origin`.
    marks: &'a [u32],
    origin: u32,
    delimiters: Delimiters,
    id: SegmentId,
    offset: u64,
    ordinal: u32,
    line_end: &'a [u8],
}

impl<'a> Segment<'a> {
    /// A view over `bytes` whose delimiters stand at `marks` (each plus `origin`), at `offset` in the file.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], marks: &'a [u32], origin: u32, delimiters: Delimiters, offset: u64) -> Self {
        let mut segment =
            Self { bytes, marks, origin, delimiters, id: SegmentId::NONE, offset, ordinal: 0, line_end: &[] };
        segment.id = SegmentId::of(segment.id_bytes());
        segment
    }

    pub(crate) fn with_line_end(self, line_end: &'a [u8]) -> Self {
        Self { line_end, ..self }
    }

    pub(crate) fn with_ordinal(self, ordinal: u32) -> Self {
        Self { ordinal, ..self }
    }

    /// The segment's id; [`SegmentId::NONE`] where the bytes are no id (not two or three upper-case letters and digits).
    #[inline]
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// The bytes before the first element separator, whatever they are.
    #[inline]
    pub fn id_bytes(&self) -> &'a [u8] {
        let mark = self.marks.get(self.first_separator());
        let end = mark.map_or(self.bytes.len(), |&mark| (mark - self.origin) as usize);
        self.bytes.get(..end).unwrap_or_default()
    }

    /// Index of the mark that ends the id: the first one, unless another delimiter stands in the id.
    #[inline]
    fn first_separator(&self) -> usize {
        match self.marks.first() {
            Some(mark) if self.bytes.get((mark - self.origin) as usize) != Some(&self.delimiters.element) => {
                self.first_separator_far()
            }
            _ => 0,
        }
    }

    #[cold]
    fn first_separator_far(&self) -> usize {
        let separates = |mark: &u32| self.bytes.get((mark - self.origin) as usize) == Some(&self.delimiters.element);
        self.marks.iter().position(separates).unwrap_or(self.marks.len())
    }

    /// The segment as it stood, without its terminator.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What stood between the terminator and the next segment: line ends, spaces, mostly nothing.
    pub fn line_end(&self) -> &'a [u8] {
        self.line_end
    }

    /// The delimiters of the interchange that it stands in.
    #[inline]
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// Offset of its first byte in the file.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Ordinal in its transaction set, ST = 1, as IK302 counts; 0 outside of a set.
    #[inline]
    pub fn ordinal(&self) -> u32 {
        self.ordinal
    }

    /// How many elements stand after the id, empty ones among them.
    pub fn element_count(&self) -> usize {
        self.elements().count()
    }

    /// The element at `position` (from 1): `None` past the end or where it is empty.
    #[inline]
    pub fn element(&self, position: usize) -> Option<&'a [u8]> {
        self.elements().nth(position.checked_sub(1)?).map(|e| e.bytes).filter(|bytes| !bytes.is_empty())
    }

    /// The component at `component` (from 1) of the element at `position`, in its first repetition; `None` where absent or
    /// empty.
    pub fn component(&self, position: usize, component: usize) -> Option<&'a [u8]> {
        let element = self.elements().nth(position.checked_sub(1)?)?;
        let first = element.repetitions().next()?;
        first.components().nth(component.checked_sub(1)?).map(|e| e.bytes).filter(|bytes| !bytes.is_empty())
    }

    /// The element as text; `None` also where it is not UTF-8.
    pub fn text(&self, position: usize) -> Option<&'a str> {
        std::str::from_utf8(self.element(position)?).ok()
    }

    /// All elements after the id, in order, empty ones too.
    #[inline]
    pub fn elements(&self) -> Elements<'a> {
        Elements { segment: *self, next_mark: self.first_separator(), done: false }
    }

    /// A copy that owns its bytes.
    pub fn to_owned(&self) -> OwnedSegment {
        OwnedSegment {
            bytes: self.bytes.to_vec(),
            marks: self.marks.iter().map(|mark| mark - self.origin).collect(),
            delimiters: self.delimiters,
            offset: self.offset,
            ordinal: self.ordinal,
            line_end: self.line_end.to_vec(),
        }
    }

    #[inline]
    pub(crate) fn marks(&self) -> &'a [u32] {
        self.marks
    }

    #[inline]
    pub(crate) fn origin(&self) -> u32 {
        self.origin
    }
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({} #{} @{})", self.id, self.ordinal, self.offset)
    }
}

/// The elements of a segment; see [`Segment::elements`].
#[derive(Clone, Copy)]
pub struct Elements<'a> {
    segment: Segment<'a>,
    next_mark: usize,
    done: bool,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        if self.done {
            return None;
        }
        let segment = &self.segment;
        let start = match segment.marks.get(self.next_mark) {
            Some(&mark) => (mark - segment.origin) as usize + 1,
            None => {
                self.done = true;
                return None;
            }
        };
        let mut end = segment.bytes.len();
        self.next_mark += 1;
        self.done = true;
        while let Some(&mark) = segment.marks.get(self.next_mark) {
            let at = (mark - segment.origin) as usize;
            if segment.bytes.get(at) == Some(&segment.delimiters.element) {
                end = at;
                self.done = false;
                break;
            }
            self.next_mark += 1;
        }
        let bytes = segment.bytes.get(start..end).unwrap_or_default();
        Some(Element { bytes, offset: start, delimiters: segment.delimiters })
    }
}

/// One element, repetition or component: its bytes, and where they stand in the segment.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    bytes: &'a [u8],
    offset: usize,
    delimiters: Delimiters,
}

impl<'a> Element<'a> {
    /// Its bytes, with the delimiters within it.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Offset of its first byte from the segment's first byte.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Its repetitions: at least one, itself where there is no repetition separator.
    pub fn repetitions(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        self.split(self.delimiters.repetition)
    }

    /// Its components: at least one. Take a repetition first where the element may repeat.
    pub fn components(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        self.split(Some(self.delimiters.component))
    }

    fn split(&self, separator: Option<u8>) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let (delimiters, mut offset) = (self.delimiters, self.offset);
        self.bytes.split(move |byte| Some(*byte) == separator).map(move |bytes| {
            let part = Element { bytes, offset, delimiters };
            offset += bytes.len() + 1;
            part
        })
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({} bytes @{})", self.bytes.len(), self.offset)
    }
}

/// A segment that owns its bytes: what an item keeps of its ancestors.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedSegment {
    bytes: Vec<u8>,
    marks: Vec<u32>,
    delimiters: Delimiters,
    offset: u64,
    ordinal: u32,
    line_end: Vec<u8>,
}

impl OwnedSegment {
    /// A segment from its bytes (without terminator) and delimiters.
    pub fn new(bytes: Vec<u8>, delimiters: Delimiters) -> Self {
        let inner = |(at, byte): (usize, &u8)| {
            (delimiters.contains(*byte) && *byte != delimiters.terminator).then_some(at as u32)
        };
        let marks = bytes.iter().enumerate().filter_map(inner).collect();
        Self { bytes, marks, delimiters, offset: 0, ordinal: 0, line_end: Vec::new() }
    }

    /// The view.
    pub fn view(&self) -> Segment<'_> {
        Segment::new(&self.bytes, &self.marks, 0, self.delimiters, self.offset)
            .with_ordinal(self.ordinal)
            .with_line_end(&self.line_end)
    }
}

impl fmt::Debug for OwnedSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> OwnedSegment {
        OwnedSegment::new(text.as_bytes().to_vec(), Delimiters::default())
    }

    #[test]
    fn counts_elements_from_one_and_keeps_empty_ones() {
        let owned = segment("NM1*85**X");
        let nm1 = owned.view();
        assert_eq!(nm1.id().as_str(), "NM1");
        assert_eq!(nm1.element_count(), 3);
        assert_eq!(nm1.element(1), Some(&b"85"[..]));
        assert_eq!(nm1.element(2), None);
        assert_eq!(nm1.text(3), Some("X"));
        assert_eq!(nm1.element(4), None);
        assert_eq!(nm1.element(0), None);
    }

    #[test]
    fn tells_components_of_the_first_repetition() {
        let owned = segment("HI*BK:8901^BF:87200*BF:1");
        let hi = owned.view();
        assert_eq!(hi.component(1, 2), Some(&b"8901"[..]));
        assert_eq!(hi.component(2, 1), Some(&b"BF"[..]));
        let first = hi.elements().next().unwrap();
        let offsets: Vec<_> = first.repetitions().map(|r| r.offset()).collect();
        assert_eq!(offsets, [3, 11]);
    }

    #[test]
    fn a_segment_without_elements_has_none() {
        let owned = segment("ST");
        assert_eq!(owned.view().element_count(), 0);
        assert_eq!(segment("ST*").view().element_count(), 1);
    }

    #[test]
    fn another_delimiter_does_not_end_the_id() {
        let owned = segment("HL:1*2*3");
        let hl = owned.view();
        assert_eq!(hl.id(), SegmentId::NONE);
        assert_eq!(hl.id_bytes(), b"HL:1");
        assert_eq!(hl.element(1), Some(&b"2"[..]));
        assert_eq!(segment("HL:1").view().element_count(), 0);
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", segment("NM1*IL*1*SECRET").view()), "Segment(NM1 #0 @0)");
    }
}
