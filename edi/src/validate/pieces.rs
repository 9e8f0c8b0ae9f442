//! A segment's values between delimiters, in one pass over its marks.

use crate::delimiters::Delimiters;
use crate::segment::Segment;

/// What stands between two delimiters.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of its first byte from the segment's first.
    pub(super) start: usize,
    /// An element separator or the segment's end follows.
    pub(super) ends_element: bool,
    /// A repetition separator follows, or the element ends.
    pub(super) ends_repetition: bool,
}

/// The pieces after the id.
pub(super) struct Pieces<'a> {
    pub(super) text: &'a [u8],
    pub(super) delimiters: Delimiters,
    marks: std::slice::Iter<'a, u32>,
    origin: u32,
    start: usize,
    done: bool,
}

impl<'a> Pieces<'a> {
    /// `None` for a segment without elements.
    #[inline]
    pub(super) fn new(segment: &Segment<'a>) -> Option<Self> {
        let (first, marks) = segment.marks().split_first()?;
        let start = (first - segment.origin()) as usize + 1;
        Some(Self {
            text: segment.bytes(),
            delimiters: segment.delimiters(),
            marks: marks.iter(),
            origin: segment.origin(),
            start,
            done: false,
        })
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<Piece<'a>> {
        if self.done {
            return None;
        }
        let start = self.start;
        let Some(mark) = self.marks.next() else {
            self.done = true;
            let bytes = self.text.get(start..).unwrap_or_default();
            return Some(Piece { bytes, start, ends_element: true, ends_repetition: true });
        };
        let end = (mark - self.origin) as usize;
        let delimiter = self.text.get(end).copied().unwrap_or_default();
        self.start = end + 1;
        Some(Piece {
            bytes: self.text.get(start..end).unwrap_or_default(),
            start,
            ends_element: delimiter == self.delimiters.element,
            ends_repetition: delimiter != self.delimiters.component,
        })
    }

    /// Whether the element that is being read repeats, from its second piece on or just before it.
    pub(super) fn repeats(&self) -> bool {
        let Some(separator) = self.delimiters.repetition else { return false };
        let before = self.text.get(self.start.wrapping_sub(1)).copied();
        let ahead = self.marks.clone().map(|mark| self.text.get((mark - self.origin) as usize).copied());
        let element = Some(self.delimiters.element);
        std::iter::once(before).chain(ahead).take_while(|byte| *byte != element).any(|byte| byte == Some(separator))
    }
}
