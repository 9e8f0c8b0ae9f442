//! A segment as a view on the buffer that it was read into: no copy, no allocation.

use crate::delimiters::Delimiters;
use crate::guide::SegmentId;
use std::fmt;

/// One segment, without its terminator. Borrows the reader's buffer and lives until the visitor returns.
///
/// Elements count from 1, as X12 counts them. `Debug` shows the id and the place, never a value.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    /// All that is at hand; the segment is a part of it.
    buffer: &'a [u8],
    /// Ascending positions in the buffer of all delimiters of the segment; the last is its end.
    marks: &'a [u32],
    /// Offset in the file of the buffer's first byte.
    base: u64,
    frame: Frame,
    ordinal: u32,
    id: SegmentId,
    delimiters: Delimiters,
}

/// Where a segment stands in its buffer, and what the scan saw of it.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// Its first byte.
    pub(crate) start: u32,
    /// One past its last byte.
    pub(crate) end: u32,
    /// The first byte of the next segment.
    pub(crate) next: u32,
    /// All its delimiters are element separators.
    pub(crate) plain: bool,
    /// Some of its bytes are no printable ASCII.
    pub(crate) odd: bool,
}

impl<'a> Segment<'a> {
    /// A view over `buffer`, which stands at `base` in the file, with the segment's delimiters and its end at `marks`.
    pub(crate) fn new(buffer: &'a [u8], marks: &'a [u32], base: u64, delimiters: Delimiters, frame: Frame) -> Self {
        let mut segment = Self { buffer, marks, base, frame, ordinal: 0, id: SegmentId::NONE, delimiters };
        segment.id = SegmentId::of(segment.id_bytes());
        segment
    }

    /// As [`Segment::new`], where the first mark ends the id, whose bytes are the first of `word`.
    #[inline]
    pub(crate) fn with_word(
        buffer: &'a [u8],
        marks: &'a [u32],
        base: u64,
        delimiters: Delimiters,
        frame: Frame,
        word: u32,
    ) -> Self {
        let length = marks.first().map_or(0, |mark| mark.wrapping_sub(frame.start));
        Self { buffer, marks, base, frame, ordinal: 0, id: SegmentId::of_word(word, length as usize), delimiters }
    }

    #[inline]
    pub(crate) fn set_ordinal(&mut self, ordinal: u32) {
        self.ordinal = ordinal;
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
        self.part(self.frame.start, mark.copied().unwrap_or(self.frame.end))
    }

    /// Index of the mark that ends the id: the first one, unless another delimiter stands in the id.
    #[inline]
    fn first_separator(&self) -> usize {
        if self.frame.plain { 0 } else { self.next_separator(0) }
    }

    /// Index of the first mark from `mark` on that separates elements, or of the last one, which ends the segment.
    #[inline]
    fn next_separator(&self, mut mark: usize) -> usize {
        let last = self.marks.len().saturating_sub(1);
        let separates = |mark: usize| {
            self.marks.get(mark).is_none_or(|at| self.buffer.get(*at as usize) == Some(&self.delimiters.element))
        };
        while mark < last && !separates(mark) {
            mark += 1;
        }
        mark
    }

    #[inline]
    fn part(&self, from: u32, to: u32) -> &'a [u8] {
        self.buffer.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The segment as it stood, without its terminator.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.part(self.frame.start, self.frame.end)
    }

    /// The segment with its terminator and what stands behind it, up to the next one.
    #[inline]
    pub(crate) fn with_end(&self) -> &'a [u8] {
        self.part(self.frame.start, self.frame.next)
    }

    /// What stood between the terminator and the next segment: line ends, spaces, mostly nothing.
    pub fn line_end(&self) -> &'a [u8] {
        self.part(self.frame.end + 1, self.frame.next)
    }

    /// The delimiters of the interchange that it stands in.
    #[inline]
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// Offset of its first byte in the file.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.base + u64::from(self.frame.start)
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
        let before = position.checked_sub(1)?;
        if !self.frame.plain {
            return self.elements().nth(before).map(|e| e.bytes).filter(|bytes| !bytes.is_empty());
        }
        let (from, to) = (*self.marks.get(before)?, *self.marks.get(position)?);
        self.buffer.get(from as usize + 1..to as usize).filter(|bytes| !bytes.is_empty())
    }

    /// The component at `component` (from 1) of the element at `position`, in its first repetition; `None` where absent or
    /// empty.
    pub fn component(&self, position: usize, component: usize) -> Option<&'a [u8]> {
        if self.frame.plain {
            return if component == 1 { self.element(position) } else { None };
        }
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
        Elements { segment: *self, mark: self.first_separator() }
    }

    /// A copy that owns its bytes.
    pub fn to_owned(&self) -> OwnedSegment {
        let mut frame = self.frame;
        (frame.start, frame.end, frame.next) = (0, frame.end - frame.start, frame.next - frame.start);
        OwnedSegment {
            buffer: self.part(self.frame.start, self.frame.next).to_vec(),
            marks: self.marks.iter().map(|mark| mark - self.frame.start).collect(),
            base: self.offset(),
            frame,
            ordinal: self.ordinal,
            delimiters: self.delimiters,
        }
    }

    /// The buffer that it stands in.
    #[inline]
    pub(crate) fn buffer(&self) -> &'a [u8] {
        self.buffer
    }

    /// Where its delimiters stand in the buffer; the last is its end.
    #[inline]
    pub(crate) fn marks(&self) -> &'a [u32] {
        self.marks
    }

    /// Where it stands in the buffer.
    #[inline]
    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({} #{} @{})", self.id, self.ordinal, self.offset())
    }
}

/// The elements of a segment; see [`Segment::elements`].
#[derive(Clone, Copy)]
pub struct Elements<'a> {
    segment: Segment<'a>,
    /// Index of the mark before the next element; past the end, that of the last one.
    mark: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let segment = &self.segment;
        let after = self.mark + 1;
        let after = if segment.frame.plain { after } else { segment.next_separator(after) };
        let (from, to) = (*segment.marks.get(self.mark)?, *segment.marks.get(after)?);
        self.mark = after;
        let bytes = segment.part(from + 1, to);
        Some(Element { bytes, offset: (from + 1 - segment.frame.start) as usize, delimiters: segment.delimiters })
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
#[derive(Clone)]
pub struct OwnedSegment {
    /// The segment, its terminator and its line end.
    buffer: Vec<u8>,
    marks: Vec<u32>,
    base: u64,
    frame: Frame,
    ordinal: u32,
    delimiters: Delimiters,
}

impl OwnedSegment {
    /// A segment from its bytes (without terminator) and delimiters.
    pub fn new(mut bytes: Vec<u8>, delimiters: Delimiters) -> Self {
        let end = bytes.len() as u32;
        let splits = |byte: &u8| delimiters.splits(*byte);
        let frame = Frame {
            start: 0,
            end,
            next: end + 1,
            plain: !bytes.iter().any(|byte| splits(byte) && *byte != delimiters.element),
            odd: !bytes.iter().all(|byte| is_printable(*byte)),
        };
        let inner = bytes.iter().zip(0..).filter(|(byte, _)| splits(byte)).map(|(_, at)| at);
        let marks = inner.chain([end]).collect();
        bytes.push(delimiters.terminator);
        Self { buffer: bytes, marks, base: 0, frame, ordinal: 0, delimiters }
    }

    /// The view.
    pub fn view(&self) -> Segment<'_> {
        let mut segment = Segment::new(&self.buffer, &self.marks, self.base, self.delimiters, self.frame);
        segment.set_ordinal(self.ordinal);
        segment
    }
}

impl PartialEq for OwnedSegment {
    fn eq(&self, other: &Self) -> bool {
        let place = |segment: &Self| (segment.base, segment.frame.end, segment.ordinal, segment.delimiters);
        self.buffer == other.buffer && place(self) == place(other)
    }
}

impl Eq for OwnedSegment {}

/// Whether a byte is printable ASCII.
#[inline]
pub(crate) fn is_printable(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
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
    fn ids_are_told_alike_from_bytes_and_from_words() {
        let some: Vec<u8> = (0..=255).step_by(5).chain(*b"AZ09@[/:`az{~*").collect();
        let all = || some.iter().copied();
        for (a, b) in all().flat_map(|a| all().map(move |b| (a, b))) {
            for bytes in all().map(|c| [a, b, c, b'*']) {
                for length in 0..=4 {
                    let told = SegmentId::of_word(u32::from_be_bytes(bytes), length);
                    assert_eq!(told, SegmentId::of(&bytes[..length]), "{:?}", &bytes[..length]);
                }
            }
        }
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", segment("NM1*IL*1*SECRET").view()), "Segment(NM1 #0 @0)");
    }
}
