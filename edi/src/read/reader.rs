//! The reader: a buffer, its index of delimiters, and where in the file it is.

use super::isa::{self, BROKEN_ISA_BYTES_MAX, ISA_BYTES};
use super::{BrokenIsa, Note, NoteKind, Refusal, RefusalReason, Sink};
use crate::delimiters::Delimiters;
use crate::engine::Limits;
use crate::scan::scan;
use crate::segment::Segment;

/// How much of the input is taken into the buffer at a time.
const BLOCK_BYTES: usize = 64 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Frames segments. Holds at most one block and one segment.
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    buffer: Vec<u8>,
    /// Offset in the file of the buffer's first byte.
    offset: u64,
    /// Positions in the buffer of the delimiters that stand in `..scanned`.
    marks: Vec<u32>,
    scanned: usize,
    delimiters: Delimiters,
    state: State,
    refused: Option<Refusal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first ISA.
    Start,
    /// At an ISA; before it, at the start of the file, stand so many bytes.
    Isa { leading: usize },
    /// Within an interchange. At its ISA: so many bytes before it.
    Inside { isa: Option<usize> },
    /// After an IEA.
    Between,
    /// In text that is no interchange.
    Outside,
}

/// Whether more can be done with the bytes at hand.
enum Step {
    More,
    Wait,
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            offset: 0,
            marks: Vec::new(),
            scanned: 0,
            delimiters: Delimiters::default(),
            state: State::Start,
            refused: None,
        }
    }

    /// Takes the next bytes. After a refusal it takes none and gives the same refusal again.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<(), Refusal> {
        for block in bytes.chunks(BLOCK_BYTES) {
            self.refused.map_or(Ok(()), Err)?;
            self.buffer.extend_from_slice(block);
            self.run(false, sink)?;
        }
        self.refused.map_or(Ok(()), Err)
    }

    /// The file has ended.
    pub fn finish(&mut self, sink: &mut impl Sink) -> Result<(), Refusal> {
        self.refused.map_or(Ok(()), Err)?;
        self.run(true, sink)
    }

    /// Offset in the file of the first byte that is not taken yet.
    pub fn position(&self) -> u64 {
        self.offset
    }

    fn run(&mut self, end: bool, sink: &mut impl Sink) -> Result<(), Refusal> {
        let mut result = Ok(Step::More);
        while let Ok(Step::More) = result {
            result = match self.state {
                State::Start => self.start(end, sink),
                State::Isa { leading } => self.isa(leading, end, sink),
                State::Inside { .. } => self.inside(end, sink),
                State::Between => self.between(end, sink),
                State::Outside => self.outside(end),
            };
        }
        result.map(|_| ()).inspect_err(|refusal| {
            self.refused = Some(*refusal);
            self.buffer = Vec::new();
            self.marks = Vec::new();
        })
    }

    fn refuse<T>(&self, reason: RefusalReason, at: usize) -> Result<T, Refusal> {
        Err(Refusal { reason, offset: self.offset + at as u64 })
    }

    /// Drops what was taken from the front of the buffer; `marks_used` of its marks with it.
    fn consume(&mut self, bytes: usize, marks_used: usize) {
        if bytes == 0 {
            return;
        }
        self.buffer.drain(..bytes);
        self.marks.drain(..marks_used.min(self.marks.len()));
        self.marks.iter_mut().for_each(|mark| *mark = mark.wrapping_sub(bytes as u32));
        self.offset += bytes as u64;
        self.scanned = self.scanned.saturating_sub(bytes);
    }

    fn start(&mut self, end: bool, sink: &mut impl Sink) -> Result<Step, Refusal> {
        let bytes = self.buffer.as_slice();
        if bytes.len() < 4 && !end {
            return Ok(Step::Wait);
        }
        if wide(bytes) {
            return self.refuse(RefusalReason::WideText, 0);
        }
        let bom = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let leading = bom + bytes.iter().skip(bom).take_while(|byte| blank(byte)).count();
        let rest = bytes.get(leading..).unwrap_or_default();
        if rest.len() < 3 && b"ISA".starts_with(rest) && !end && leading <= self.limits.segment_bytes_max {
            return Ok(Step::Wait);
        }
        if rest.is_empty() && end {
            return self.refuse(RefusalReason::Empty, 0);
        }
        if !rest.starts_with(b"ISA") {
            let cut = rest.len() < 3 && b"ISA".starts_with(rest) && end;
            let found = rest.len() as u64;
            let reason = if cut { RefusalReason::IsaTruncated { found } } else { RefusalReason::NotX12 };
            return self.refuse(reason, leading);
        }
        if bom > 0 {
            sink.note(&Note { kind: NoteKind::ByteOrderMark, bytes: 0..bom as u64 });
        }
        self.state = State::Isa { leading };
        Ok(Step::More)
    }

    fn isa(&mut self, leading: usize, end: bool, sink: &mut impl Sink) -> Result<Step, Refusal> {
        let bytes = self.buffer.get(leading..).unwrap_or_default();
        if bytes.len() < ISA_BYTES && !end {
            return Ok(Step::Wait);
        }
        let found = bytes.len();
        let read = if found < ISA_BYTES {
            Err(isa::Broken { reason: RefusalReason::IsaTruncated { found: found as u64 }, offset: found })
        } else {
            isa::read(bytes)
        };
        let at = self.offset + leading as u64;
        match read {
            Ok(isa) => {
                self.delimiters = isa.delimiters;
                self.marks.clear();
                self.scanned = leading;
                self.state = State::Inside { isa: Some(leading) };
                if isa.no_repetition_separator {
                    sink.note(&Note { kind: NoteKind::NoRepetitionSeparator, bytes: at + 82..at + 83 });
                }
                Ok(Step::More)
            }
            // What a broken one holds is looked for a little further.
            Err(_) if found < BROKEN_ISA_BYTES_MAX && !end => Ok(Step::Wait),
            Err(broken) => {
                let refusal = Refusal { reason: broken.reason, offset: at + broken.offset as u64 };
                if let Some(header) = isa::salvage(bytes) {
                    let element = bytes.get(3).copied().unwrap_or(b'*');
                    let delimiters = Delimiters { element, ..Delimiters::default() };
                    let bytes = at..at + found.min(ISA_BYTES) as u64;
                    sink.broken_isa(&BrokenIsa { header, delimiters, refusal, bytes });
                }
                Err(refusal)
            }
        }
    }

    /// All segments that stand whole in the buffer.
    fn inside(&mut self, end: bool, sink: &mut impl Sink) -> Result<Step, Refusal> {
        let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
        scan(fresh, self.scanned as u32, &self.delimiters, &mut self.marks);
        self.scanned = self.buffer.len();
        let mut frame = Frame { start: 0, mark: 0 };
        if let State::Inside { isa: Some(leading) } = self.state {
            frame.start = leading;
            match self.frame(&frame, end)? {
                Framed::Segment { segment, next } => {
                    sink.isa(&segment, self.buffer.get(..leading).unwrap_or_default());
                    frame = next;
                    self.state = State::Inside { isa: None };
                }
                Framed::Wait => return Ok(Step::Wait),
            }
        }
        loop {
            let rest = self.buffer.get(frame.start..).unwrap_or_default();
            if rest.starts_with(b"ISA") {
                self.state = State::Isa { leading: 0 };
                self.consume(frame.start, frame.mark);
                return Ok(Step::More);
            }
            if rest.len() < 3 && !end {
                break;
            }
            match self.framed(&frame, end, sink)? {
                Framed::Segment { segment, next } => {
                    let last = segment.id_bytes() == b"IEA";
                    sink.segment(&segment);
                    frame = next;
                    if last {
                        self.state = State::Between;
                        self.consume(frame.start, frame.mark);
                        return Ok(Step::More);
                    }
                }
                Framed::Wait => break,
            }
        }
        if end && frame.start < self.buffer.len() {
            let bytes = self.offset + frame.start as u64..self.offset + self.buffer.len() as u64;
            sink.note(&Note { kind: NoteKind::Unterminated, bytes });
            frame = Frame { start: self.buffer.len(), mark: self.marks.len() };
        }
        self.consume(frame.start, frame.mark);
        Ok(Step::Wait)
    }

    /// The segment at `frame`, binary ones by their length.
    #[inline(always)]
    fn framed(&self, frame: &Frame, end: bool, sink: &mut impl Sink) -> Result<Framed<'_>, Refusal> {
        if self.buffer.get(frame.start) == Some(&b'B') {
            match self.binary(frame)? {
                Binary::Not => {}
                Binary::Wait => return Ok(Framed::Wait),
                Binary::Until { end: data_end, marks } => {
                    return self.close(frame, data_end, marks, self.limits.binary_bytes_max, end);
                }
                Binary::Mismatch { at } => {
                    // Told once the segment is whole: until then it is framed anew with every piece.
                    let framed = self.frame(frame, end)?;
                    if let Framed::Segment { .. } = framed {
                        let at = self.offset + at as u64;
                        sink.note(&Note { kind: NoteKind::BinaryLength, bytes: at..at + 1 });
                    }
                    return Ok(framed);
                }
            }
        }
        self.frame(frame, end)
    }

    /// The segment at `frame` up to the next terminator.
    #[inline(always)]
    fn frame(&self, frame: &Frame, end: bool) -> Result<Framed<'_>, Refusal> {
        let terminator = self.delimiters.terminator;
        let ahead = self.marks.get(frame.mark..).unwrap_or_default();
        let is_end = |mark: &u32| self.buffer.get(*mark as usize) == Some(&terminator);
        match ahead.iter().position(is_end) {
            Some(marks) => {
                let at = ahead.get(marks).map_or(0, |mark| *mark as usize);
                self.close(frame, at, marks, 0, end)
            }
            None if self.buffer.len() - frame.start.min(self.buffer.len()) >= self.limits.segment_bytes_max => {
                self.too_long(frame)
            }
            None => Ok(Framed::Wait),
        }
    }

    fn too_long<T>(&self, frame: &Frame) -> Result<T, Refusal> {
        let limit = self.limits.segment_bytes_max;
        self.refuse(RefusalReason::SegmentTooLong { limit: limit as u64 }, frame.start + limit)
    }

    /// The segment from `frame` to its terminator at `at`, with what follows it up to the next one. Waits where what follows is not
    /// at hand.
    #[inline(always)]
    fn close(&self, frame: &Frame, at: usize, marks: usize, more: usize, end: bool) -> Result<Framed<'_>, Refusal> {
        let bytes = self.buffer.get(frame.start..at).unwrap_or_default();
        let after = self.buffer.get(at + 1..).unwrap_or_default();
        let last = bytes.starts_with(b"IEA");
        let gap = self.gap(after, last);
        let next = at + 1 + gap;
        if next - frame.start > self.limits.segment_bytes_max.saturating_add(more) {
            return self.too_long(frame);
        }
        if gap == after.len() && !end {
            return Ok(Framed::Wait);
        }
        let run = self.marks.get(frame.mark..frame.mark + marks).unwrap_or_default();
        let mut used = frame.mark + marks;
        while self.marks.get(used).is_some_and(|mark| (*mark as usize) < next) {
            used += 1;
        }
        let offset = self.offset + frame.start as u64;
        let segment = Segment::new(bytes, run, frame.start as u32, self.delimiters, offset)
            .with_line_end(after.get(..gap).unwrap_or_default());
        Ok(Framed::Segment { segment, next: Frame { start: next, mark: used } })
    }

    /// How many blanks stand before the next segment; after an IEA also NULs and end-of-file marks.
    #[inline]
    fn gap(&self, after: &[u8], last: bool) -> usize {
        // Mostly none, or one line end.
        match after {
            [first, ..] if *first > b' ' => return 0,
            [b'\n', second, ..] if *second > b' ' && !self.delimiters.splits(b'\n') => return 1,
            _ => {}
        }
        let blank = |byte: &u8| {
            let blank = matches!(byte, b'\r' | b'\n' | b' ' | b'\t') || (last && matches!(byte, 0 | 0x1a));
            blank && !self.delimiters.splits(*byte)
        };
        after.iter().take_while(|byte| blank(byte)).count()
    }

    /// Whether a BIN or BDS stands at `frame`, and where its data ends.
    fn binary(&self, frame: &Frame) -> Result<Binary, Refusal> {
        let rest = self.buffer.get(frame.start..).unwrap_or_default();
        // The element that declares the length.
        let length_at = match rest.get(..3) {
            Some(b"BIN") => 1,
            Some(b"BDS") => 2,
            _ => return Ok(Binary::Not),
        };
        let marks = self.marks.get(frame.mark..).unwrap_or_default();
        let Some(marks) = marks.get(..=length_at) else {
            let ended = marks.iter().any(|mark| self.buffer.get(*mark as usize) == Some(&self.delimiters.terminator));
            let long = rest.len() >= self.limits.segment_bytes_max;
            return Ok(if ended || long { Binary::Not } else { Binary::Wait });
        };
        if marks.iter().any(|mark| self.buffer.get(*mark as usize) != Some(&self.delimiters.element)) {
            return Ok(Binary::Not);
        }
        let (Some(&[.., before, after]), Some(first)) = (Some(marks), marks.first()) else { return Ok(Binary::Not) };
        let digits = self.buffer.get(before as usize + 1..after as usize).unwrap_or_default();
        let length = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
        let Some(length) = length.filter(|_| *first as usize == frame.start + 3) else { return Ok(Binary::Not) };
        if length > self.limits.binary_bytes_max as u64 {
            let limit = self.limits.binary_bytes_max as u64;
            return self.refuse(RefusalReason::BinaryTooLong { limit }, before as usize + 1);
        }
        let end = after as usize + 1 + length as usize;
        Ok(match self.buffer.get(end) {
            None => Binary::Wait,
            Some(byte) if *byte == self.delimiters.terminator => Binary::Until { end, marks: length_at + 1 },
            Some(_) => Binary::Mismatch { at: end },
        })
    }

    fn between(&mut self, end: bool, sink: &mut impl Sink) -> Result<Step, Refusal> {
        let rest = self.buffer.as_slice();
        if rest.len() < 3 && b"ISA".starts_with(rest) && !end {
            return Ok(Step::Wait);
        }
        if rest.is_empty() {
            return Ok(Step::Wait);
        }
        if rest.starts_with(b"ISA") {
            self.state = State::Isa { leading: 0 };
            return Ok(Step::More);
        }
        sink.note(&Note { kind: NoteKind::TextOutside, bytes: self.offset..self.offset + 1 });
        self.state = State::Outside;
        Ok(Step::More)
    }

    fn outside(&mut self, end: bool) -> Result<Step, Refusal> {
        self.marks.clear();
        if let Some(at) = memchr::memmem::find(&self.buffer, b"ISA") {
            self.consume(at, 0);
            self.state = State::Isa { leading: 0 };
            return Ok(Step::More);
        }
        let keep = if end { 0 } else { 2 };
        self.consume(self.buffer.len().saturating_sub(keep), 0);
        Ok(Step::Wait)
    }
}

/// Where a segment starts: in the buffer, and in the marks.
struct Frame {
    start: usize,
    mark: usize,
}

enum Framed<'a> {
    Segment { segment: Segment<'a>, next: Frame },
    Wait,
}

enum Binary {
    Not,
    Wait,
    Until { end: usize, marks: usize },
    Mismatch { at: usize },
}

/// Whether the text is UTF-16 or UTF-32: a byte order mark, or `IS` with NULs about.
fn wide(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || bytes.starts_with(b"I\0S\0")
        || bytes.starts_with(b"\0I\0S")
        || bytes.starts_with(b"I\0\0\0")
        || bytes.starts_with(b"\0\0\0I")
}
