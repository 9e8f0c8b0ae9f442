//! The reader: a buffer, its index of delimiters, and where in the file it is.

use super::isa::{self, BROKEN_ISA_BYTES_MAX, ISA_BYTES};
use super::{BrokenIsa, Note, NoteKind, Refusal, RefusalReason, Sink};
use crate::delimiters::Delimiters;
use crate::engine::Limits;
use crate::scan::{Index, scan};
use crate::segment::{Frame, Segment};
use std::ops::Range;

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
    /// What stands in `..scanned` of the buffer.
    index: Index,
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
            index: Index::default(),
            scanned: 0,
            delimiters: Delimiters::default(),
            state: State::Start,
            refused: None,
        }
    }

    /// A reader within an interchange of these delimiters, at that offset in the file.
    pub(crate) fn within(limits: Limits, delimiters: Delimiters, offset: u64) -> Self {
        Self { offset, delimiters, state: State::Inside { isa: None }, ..Self::new(limits) }
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
            self.index = Index::default();
        })
    }

    fn refuse<T>(&self, reason: RefusalReason, at: usize) -> Result<T, Refusal> {
        Err(Refusal { reason, offset: self.offset + at as u64 })
    }

    /// Drops what was taken from the front of the buffer, and what the index knows of it.
    fn consume(&mut self, cursor: Cursor) {
        if cursor.at == 0 {
            return;
        }
        self.buffer.drain(..cursor.at);
        self.index.consume(cursor.at, cursor.mark, cursor.end, cursor.odd);
        self.offset += cursor.at as u64;
        self.scanned = self.scanned.saturating_sub(cursor.at);
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
                self.index.clear();
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
        scan(fresh, self.scanned as u32, &self.delimiters, &mut self.index);
        self.scanned = self.buffer.len();
        let mut cursor = Cursor::default();
        if let State::Inside { isa: Some(leading) } = self.state {
            cursor.at = leading;
            let Some((segment, next)) = self.framed(cursor, 0, end)? else { return Ok(Step::Wait) };
            sink.isa(&segment, self.buffer.get(..leading).unwrap_or_default());
            cursor = next;
            self.state = State::Inside { isa: None };
        }
        loop {
            cursor = self.usual(cursor, sink);
            // More bytes than a segment may have otherwise; a length that does not hold.
            let (mut more, mut mismatch) = (0, None);
            match self.buffer.get(cursor.at..).unwrap_or_default() {
                [] | [_] | [_, _] if !end => break,
                [b'I', b'S', b'A', ..] => {
                    self.state = State::Isa { leading: 0 };
                    self.consume(cursor);
                    return Ok(Step::More);
                }
                [b'B', ..] => match self.binary(&cursor)? {
                    Binary::Not => {}
                    Binary::Wait => break,
                    Binary::Until { inner } => {
                        self.index.skip(inner);
                        more = self.limits.binary_bytes_max;
                    }
                    Binary::Mismatch { at } => mismatch = Some(self.offset + at as u64),
                },
                _ => {}
            }
            let framed = self.framed(cursor, more, end);
            // Told once the segment is whole: until then it is framed anew with every piece.
            if let Some(at) = mismatch.filter(|_| matches!(framed, Ok(Some(_)))) {
                sink.note(&Note { kind: NoteKind::BinaryLength, bytes: at..at + 1 });
            }
            let Some((mut segment, next)) = framed? else { break };
            cursor = next;
            sink.segment(&mut segment);
            if segment.id_bytes() == b"IEA" {
                self.state = State::Between;
                self.consume(cursor);
                return Ok(Step::More);
            }
        }
        if end && cursor.at < self.buffer.len() {
            let bytes = self.offset + cursor.at as u64..self.offset + self.buffer.len() as u64;
            sink.note(&Note { kind: NoteKind::Unterminated, bytes });
            let Index { marks, ends, odd, .. } = &self.index;
            cursor = Cursor { at: self.buffer.len(), mark: marks.len(), end: ends.len(), odd: odd.len() };
        }
        self.consume(cursor);
        Ok(Step::Wait)
    }

    /// Tells segments as long as each stands whole, is no BIN, BDS, ISA or IEA by its first letter, and is followed by another one
    /// at once or behind one line feed. Where the next one stands, which is not of that kind.
    fn usual(&self, mut cursor: Cursor, sink: &mut impl Sink) -> Cursor {
        let Index { marks, ends, odd, .. } = &self.index;
        let (buffer, delimiters) = (self.buffer.as_slice(), self.delimiters);
        let line_feeds = !delimiters.contains(b'\n');
        while let Some(ended) = ends.get(cursor.end) {
            let Some(run) = marks.get(cursor.mark..=ended.mark()) else { break };
            let (Some(at), Some(head)) = (run.last(), buffer.get(cursor.at..cursor.at + 4)) else { break };
            let word = head.try_into().map_or(0, u32::from_be_bytes);
            let at = *at as usize;
            let next = match buffer.get(at + 1..) {
                Some([first, ..]) if *first > b' ' => at + 1,
                Some([b'\n', second, ..]) if *second > b' ' && line_feeds => at + 2,
                _ => break,
            };
            if matches!(word >> 24, 0x42 | 0x49)
                || next - cursor.at > self.limits.segment_bytes_max
                || !ended.plain() && far(run, buffer, &delimiters)
            {
                break;
            }
            let mut passed = cursor.odd;
            let is_odd = odd.get(passed).is_some_and(|odd| (*odd as usize) < at);
            while odd.get(passed).is_some_and(|odd| (*odd as usize) < next) {
                passed += 1;
            }
            let (start, end) = (cursor.at as u32, at as u32);
            let frame = Frame { start, end, next: next as u32, plain: ended.plain(), odd: is_odd };
            let mut segment = Segment::with_word(buffer, run, self.offset, delimiters, frame, word);
            cursor = Cursor { at: next, mark: ended.mark() + 1, end: cursor.end + 1, odd: passed };
            sink.segment(&mut segment);
        }
        cursor
    }

    /// The segment at the cursor, up to its terminator, and where the next one starts. Waits where what follows is not at hand.
    fn framed(&self, cursor: Cursor, more: usize, end: bool) -> Result<Option<(Segment<'_>, Cursor)>, Refusal> {
        let Index { marks, ends, odd, .. } = &self.index;
        let segment_bytes_max = self.limits.segment_bytes_max;
        let Some(ended) = ends.get(cursor.end) else {
            let long = self.buffer.len().saturating_sub(cursor.at) >= segment_bytes_max;
            return if long { self.too_long(cursor.at) } else { Ok(None) };
        };
        let run = marks.get(cursor.mark..=ended.mark()).unwrap_or_default();
        let at = run.last().map_or(cursor.at, |mark| *mark as usize);
        let after = self.buffer.get(at + 1..).unwrap_or_default();
        let gap = self.gap(after, cursor.at);
        let next = at + 1 + gap;
        if next - cursor.at > segment_bytes_max.saturating_add(more) {
            return self.too_long(cursor.at);
        }
        if gap == after.len() && !end {
            return Ok(None);
        }
        let before = |positions: &[u32], from: usize, limit: usize| {
            let mut to = from;
            while positions.get(to).is_some_and(|position| (*position as usize) < limit) {
                to += 1;
            }
            to
        };
        let is_odd = odd.get(cursor.odd).is_some_and(|odd| (*odd as usize) < at);
        let mut to = Cursor {
            at: next,
            mark: before(marks, ended.mark() + 1, next),
            end: cursor.end + 1,
            odd: before(odd, cursor.odd, next),
        };
        // A blank terminator may stand among the blanks that follow.
        while ends.get(to.end).is_some_and(|end| end.mark() < to.mark) {
            to.end += 1;
        }
        let (start, end, next) = (cursor.at as u32, at as u32, next as u32);
        let frame = Frame { start, end, next, plain: ended.plain(), odd: is_odd };
        Ok(Some((Segment::new(&self.buffer, run, self.offset, self.delimiters, frame), to)))
    }

    fn too_long<T>(&self, start: usize) -> Result<T, Refusal> {
        let limit = self.limits.segment_bytes_max;
        self.refuse(RefusalReason::SegmentTooLong { limit: limit as u64 }, start + limit)
    }
    /// How many blanks stand before the next segment; after an IEA also NULs and end-of-file marks.
    #[inline]
    fn gap(&self, after: &[u8], start: usize) -> usize {
        // Mostly none, or one line end.
        match after {
            [first, ..] if *first > b' ' => 0,
            [b'\n', second, ..] if *second > b' ' && !self.delimiters.splits(b'\n') => 1,
            _ => self.long_gap(after, start),
        }
    }

    #[cold]
    fn long_gap(&self, after: &[u8], start: usize) -> usize {
        let last = self.buffer.get(start..).unwrap_or_default().starts_with(b"IEA");
        let blank = |byte: &u8| {
            let blank = matches!(byte, b'\r' | b'\n' | b' ' | b'\t') || (last && matches!(byte, 0 | 0x1a));
            blank && !self.delimiters.splits(*byte)
        };
        after.iter().take_while(|byte| blank(byte)).count()
    }

    /// Whether a BIN or BDS stands at the cursor, and where its data ends.
    #[cold]
    fn binary(&self, cursor: &Cursor) -> Result<Binary, Refusal> {
        let rest = self.buffer.get(cursor.at..).unwrap_or_default();
        // The element that declares the length.
        let length_at = match rest.get(..3) {
            Some(b"BIN") => 1,
            Some(b"BDS") => 2,
            _ => return Ok(Binary::Not),
        };
        let ahead = self.index.marks.get(cursor.mark..).unwrap_or_default();
        let Some(marks) = ahead.get(..=length_at) else {
            let ended = ahead.iter().any(|mark| self.buffer.get(*mark as usize) == Some(&self.delimiters.terminator));
            let long = rest.len() >= self.limits.segment_bytes_max;
            return Ok(if ended || long { Binary::Not } else { Binary::Wait });
        };
        if marks.iter().any(|mark| self.buffer.get(*mark as usize) != Some(&self.delimiters.element)) {
            return Ok(Binary::Not);
        }
        let (Some(&[.., before, after]), Some(first)) = (Some(marks), marks.first()) else { return Ok(Binary::Not) };
        let digits = self.buffer.get(before as usize + 1..after as usize).unwrap_or_default();
        let length = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
        let Some(length) = length.filter(|_| *first as usize == cursor.at + 3) else { return Ok(Binary::Not) };
        if length > self.limits.binary_bytes_max as u64 {
            let limit = self.limits.binary_bytes_max as u64;
            return self.refuse(RefusalReason::BinaryTooLong { limit }, before as usize + 1);
        }
        let end = after as usize + 1 + length as usize;
        Ok(match self.buffer.get(end) {
            None => Binary::Wait,
            Some(byte) if *byte == self.delimiters.terminator => {
                let inner = ahead.partition_point(|mark| (*mark as usize) < end);
                Binary::Until { inner: cursor.mark + length_at + 1..cursor.mark + inner }
            }
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
        self.index.clear();
        if let Some(at) = memchr::memmem::find(&self.buffer, b"ISA") {
            self.consume(Cursor { at, ..Cursor::default() });
            self.state = State::Isa { leading: 0 };
            return Ok(Step::More);
        }
        let keep = if end { 0 } else { 2 };
        self.consume(Cursor { at: self.buffer.len().saturating_sub(keep), ..Cursor::default() });
        Ok(Step::Wait)
    }
}

/// Where the next segment starts: in the buffer, and in the lists of its index.
#[derive(Clone, Copy, Default)]
struct Cursor {
    at: usize,
    mark: usize,
    end: usize,
    odd: usize,
}

/// Whether the first delimiter of a segment does not end its id.
#[inline]
fn far(run: &[u32], buffer: &[u8], delimiters: &Delimiters) -> bool {
    let first = run.first().and_then(|mark| buffer.get(*mark as usize));
    first.is_none_or(|first| *first != delimiters.element && *first != delimiters.terminator)
}

enum Binary {
    Not,
    Wait,
    /// The data ends well; delimiters of this range of marks stand within it.
    Until {
        inner: Range<usize>,
    },
    Mismatch {
        at: usize,
    },
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
