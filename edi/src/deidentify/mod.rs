//! A file with made-up values in place of what may tell who it is about, so that it can be shown to others.
//!
//! Every byte stays where it is: segments, separators, lengths, letters as letters and digits as digits. What may stay as it is,
//! is data (`edi/deidentify/treatments.txt`); everything else is replaced, in segments that no guide has too. The same value becomes
//! the same one wherever it stands, different ones stay different, and what is wrong with a value stays wrong with it.
//! docs/deidentify.md tells what this promises and what it does not.

mod day;
mod layout;
mod permute;
mod treatment;
mod value;

use crate::engine::Limits;
use crate::read::{Note, NoteKind, Reader, Refusal, Sink};
use crate::segment::{Element, OwnedSegment, Segment};
use layout::Layouts;
use value::Mask;

/// Rewrites a file as it is fed. Memory holds a block and a segment.
///
/// `keyed` is a keyed hash of 32 bytes, such as an HMAC: who has its key can undo what is done here, so it should be random and
/// forgotten, or kept as the file itself is kept. Files that are rewritten with the same key agree in their values.
pub struct Deidentifier<F> {
    reader: Reader,
    mask: Mask<F>,
    /// What was fed and is not written yet.
    window: Vec<u8>,
    /// Offset in the file of the window's first byte.
    offset: u64,
}

impl<F: FnMut(&[u8]) -> [u8; 32]> Deidentifier<F> {
    /// At the start of a file.
    pub fn new(keyed: F) -> Self {
        Self { reader: Reader::new(Limits::default()), mask: Mask::new(keyed), window: Vec::new(), offset: 0 }
    }

    /// Takes the next bytes and appends what is done to `out`. On a [`Refusal`] nothing more can be framed.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.window.extend_from_slice(bytes);
        self.pass(out, |reader, writer| reader.feed(bytes, writer))?;
        // Text between interchanges is taken without being told.
        let passed = self.reader.position().saturating_sub(self.offset);
        self.blank(passed as usize, out);
        Ok(())
    }

    /// The file has ended: appends the rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.pass(out, |reader, writer| reader.finish(writer))?;
        self.blank(self.window.len(), out);
        Ok(())
    }

    fn pass(
        &mut self,
        out: &mut Vec<u8>,
        read: impl FnOnce(&mut Reader, &mut Writer<'_, F>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Self { reader, mask, window, offset } = self;
        let mut writer = Writer { mask, layouts: Layouts::built_in(), window, offset: *offset, next: *offset, out };
        let read = read(reader, &mut writer);
        let written = (writer.next - *offset) as usize;
        *offset = writer.next;
        window.drain(..written.min(window.len()));
        read
    }

    /// Writes so much of the window without looking at it.
    fn blank(&mut self, count: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend(self.window.drain(..count.min(self.window.len())));
        self.offset += (out.len() - start) as u64;
        value::blank(out.get_mut(start..).unwrap_or_default(), &self.mask.delimiters);
    }
}

/// Writes segments as they are told.
struct Writer<'a, F> {
    mask: &'a mut Mask<F>,
    layouts: &'static Layouts,
    window: &'a [u8],
    /// Offset in the file of the window's first byte, and of the first byte that is not written.
    offset: u64,
    next: u64,
    out: &'a mut Vec<u8>,
}

impl<F: FnMut(&[u8]) -> [u8; 32]> Sink for Writer<'_, F> {
    fn isa(&mut self, segment: &Segment<'_>, leading: &[u8]) {
        self.gap(segment.offset() - leading.len() as u64);
        self.out.extend_from_slice(leading);
        self.next += leading.len() as u64;
        self.whole(segment);
    }

    fn segment(&mut self, segment: &mut Segment<'_>) {
        self.whole(segment);
    }

    fn note(&mut self, note: &Note) {
        if note.kind == NoteKind::Unterminated {
            let rest = self.bytes(note.bytes.start, note.bytes.end).to_vec();
            let delimiters = self.mask.delimiters;
            self.gap(note.bytes.start);
            self.masked(&OwnedSegment::new(rest, delimiters).view());
            self.next = note.bytes.end;
        }
    }
}

impl<'a, F: FnMut(&[u8]) -> [u8; 32]> Writer<'a, F> {
    /// A segment with its terminator and what follows it.
    fn whole(&mut self, segment: &Segment<'_>) {
        self.gap(segment.offset());
        self.mask.delimiters = segment.delimiters();
        self.masked(segment);
        self.out.push(segment.delimiters().terminator);
        self.out.extend_from_slice(segment.line_end());
        self.next += (segment.bytes().len() + 1 + segment.line_end().len()) as u64;
    }

    /// Text that stands before here and was not told.
    fn gap(&mut self, until: u64) {
        let gap = self.bytes(self.next, until);
        let start = self.out.len();
        self.out.extend_from_slice(gap);
        value::blank(self.out.get_mut(start..).unwrap_or_default(), &self.mask.delimiters);
        self.next = until.max(self.next);
    }

    fn bytes(&self, from: u64, to: u64) -> &'a [u8] {
        let (from, to) = (from.saturating_sub(self.offset), to.saturating_sub(self.offset));
        self.window.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The segment itself.
    fn masked(&mut self, segment: &Segment<'_>) {
        let start = self.out.len();
        self.out.extend_from_slice(segment.bytes());
        let Some(out) = self.out.get_mut(start..) else { return };
        if segment.id().is_none() {
            let id = out.get_mut(..segment.id_bytes().len()).unwrap_or_default();
            self.mask.replace(id, Default::default(), 0);
        }
        self.mask.format.clear();
        let envelope = segment.id_bytes() == b"ISA";
        for (position, element) in segment.elements().enumerate() {
            let part = self.layouts.part(segment.id(), position, 0);
            if envelope || part.treatment.is_whole() {
                self.mask.value(part, slot(out, &element));
                continue;
            }
            for repetition in element.repetitions() {
                for (component, value) in repetition.components().enumerate() {
                    let part = self.layouts.part(segment.id(), position, component);
                    self.mask.value(part, slot(out, &value));
                }
            }
        }
    }
}

/// Where a value stands in what is written.
fn slot<'a>(out: &'a mut [u8], value: &Element<'_>) -> &'a mut [u8] {
    out.get_mut(value.offset()..value.offset() + value.bytes().len()).unwrap_or_default()
}
