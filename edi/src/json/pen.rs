//! The usual segment as JSON: elements that the guide knows, and nothing to escape. It is written in copies of a fixed length, each
//! over what the one before wrote too much, since most names and values are short. What is unusual is left to [`super::value`].

use super::shape::{ElementKey, Form, KEY_SLACK, KeyText, Shape};
use super::text::is_clean;
use crate::guide::NodeIx;
use crate::segment::Segment;

/// Bytes that are copied at once of a name, and of a value.
const NAME: usize = 48;
const _: () = assert!(NAME <= KEY_SLACK);
const VALUE: usize = 32;

/// Writes a member into room that is wide enough for it.
pub(super) struct Pen<'p> {
    room: &'p mut [u8],
    /// A `u32`, as the marks are: so no sum with it runs over, and nothing must look whether it does.
    at: u32,
}

/// What stands before a member's value.
#[derive(Default)]
pub(super) struct Lead {
    /// An array is open that ends here.
    pub(super) closes: bool,
    pub(super) comma: bool,
    pub(super) name: KeyText,
}

/// The value has no JSON by the usual way.
struct Unusual;

impl<'p> Pen<'p> {
    pub(super) fn new(room: &'p mut [u8]) -> Self {
        Self { room, at: 0 }
    }

    /// The room that what stands before a member's value takes at most.
    #[inline]
    pub(super) fn room_of_lead(shape: &Shape, node: NodeIx) -> usize {
        shape.opening(node).length as usize + NAME
    }

    /// The room that a segment's member takes at most.
    #[inline]
    pub(super) fn room_of(shape: &Shape, node: NodeIx, segment: &Segment<'_>) -> usize {
        let (_, longest) = shape.elements(node);
        Self::room_of_lead(shape, node) + longest as usize + segment.bytes().len() + 4 * segment.marks().len() + NAME
    }

    /// What stands before a member's value: the end of an array, a comma, its name and what opens its array.
    #[inline]
    pub(super) fn lead(&mut self, shape: &Shape, lead: &Lead) {
        if lead.closes {
            self.byte(b']');
        }
        if lead.comma {
            self.byte(b',');
        }
        if lead.name.length > 0 {
            self.copy::<NAME>(shape.keys(), lead.name.at, lead.name.length);
        }
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        if let Some(place) = self.room.get_mut(self.at as usize) {
            *place = byte;
            self.at += 1;
        }
    }

    /// How much was written.
    #[inline]
    pub(super) fn written(&self) -> usize {
        self.at as usize
    }

    /// Copies `length` bytes, at first `N` whatever the length.
    #[inline]
    fn copy<const N: usize>(&mut self, from: &[u8], start: u32, length: u32) {
        let source = from.get(start as usize..).and_then(<[u8]>::first_chunk::<N>);
        let room = self.room.get_mut(self.at as usize..).and_then(<[u8]>::first_chunk_mut::<N>);
        match (source, room) {
            (Some(source), Some(room)) if length as usize <= N => *room = *source,
            _ => self.copy_long(from, start as usize, length as usize),
        }
        self.at += length;
    }

    // Apart, or the compiler makes one copy of any length of the two.
    #[cold]
    #[inline(never)]
    fn copy_long(&mut self, from: &[u8], start: usize, length: usize) {
        let source = from.get(start..start + length);
        let room = self.room.get_mut(self.at as usize..self.at as usize + length);
        if let Some((source, room)) = source.zip(room) {
            room.copy_from_slice(source);
        }
    }

    /// Writes the segment's object; `false` where it is unusual, and then nothing.
    #[inline]
    pub(super) fn segment(
        &mut self,
        shape: &Shape,
        node: NodeIx,
        segment: &Segment<'_>,
        line_end: Option<&[u8]>,
    ) -> bool {
        let start = self.at;
        let written = self.object(shape, node, segment, line_end).is_ok();
        if !written {
            self.at = start;
        }
        written
    }

    #[inline]
    fn object(
        &mut self,
        shape: &Shape,
        node: NodeIx,
        segment: &Segment<'_>,
        line_end: Option<&[u8]>,
    ) -> Result<(), Unusual> {
        let (keys, _) = shape.elements(node);
        let frame = segment.frame();
        let usual_end = line_end.is_none_or(|usual| same(usual, segment.line_end()));
        if frame.odd || !usual_end || !is_clean(segment.bytes()) {
            return Err(Unusual);
        }
        let start = self.at;
        match frame.plain {
            true => self.plain(shape, keys, segment)?,
            false => self.mixed(shape, keys, segment)?,
        }
        match self.room.get_mut(start as usize) {
            Some(comma) if self.at > start => *comma = b'{',
            _ => return Err(Unusual),
        }
        self.byte(b'}');
        Ok(())
    }

    /// Elements that hold no delimiters.
    #[inline]
    fn plain(&mut self, shape: &Shape, keys: &[ElementKey], segment: &Segment<'_>) -> Result<(), Unusual> {
        let mut keys = keys.iter();
        let mut tail = false;
        for pair in segment.marks().windows(2) {
            let &[before, after] = pair else { return Err(Unusual) };
            let key = keys.next().ok_or(Unusual)?;
            tail = after == before + 1;
            match key.form {
                _ if tail => {}
                Form::Text => self.text(shape, key, segment.buffer(), before, after),
                _ => self.element(shape, key, segment, before, after)?,
            }
        }
        if tail { Err(Unusual) } else { Ok(()) }
    }

    /// Elements of which some have components or repetitions.
    fn mixed(&mut self, shape: &Shape, keys: &[ElementKey], segment: &Segment<'_>) -> Result<(), Unusual> {
        let (buffer, delimiters) = (segment.buffer(), segment.delimiters());
        let is = |mark: u32, delimiter: u8| buffer.get(mark as usize) == Some(&delimiter);
        let (end, mut keys) = (segment.frame().end, keys.iter());
        let mut marks = segment.marks();
        while let [before, rest @ ..] = marks {
            let (before, inner) = (*before, rest.iter());
            if before == end {
                return Ok(());
            }
            if !is(before, delimiters.element) {
                return Err(Unusual);
            }
            let parts = inner.take_while(|mark| **mark != end && !is(**mark, delimiters.element)).count();
            let key = keys.next().ok_or(Unusual)?;
            let after = *rest.get(parts).ok_or(Unusual)?;
            match (parts, key.form) {
                (0, _) if after > before + 1 => self.element(shape, key, segment, before, after)?,
                (0, _) if after == end => return Err(Unusual),
                (0, _) => {}
                (_, Form::Composite) => {
                    let within = rest.get(..parts).unwrap_or_default();
                    if !within.iter().all(|mark| is(*mark, delimiters.component)) {
                        return Err(Unusual);
                    }
                    self.composite(shape, key, segment, marks.get(..parts + 2).unwrap_or_default())?;
                }
                (_, Form::Texts) => {
                    let within = rest.get(..parts).unwrap_or_default();
                    if !within.iter().all(|mark| delimiters.repetition.is_some_and(|delimiter| is(*mark, delimiter))) {
                        return Err(Unusual);
                    }
                    self.texts(shape, key, segment, marks.get(..parts + 2).unwrap_or_default());
                }
                _ => return Err(Unusual),
            }
            marks = rest.get(parts..).unwrap_or_default();
        }
        Ok(())
    }

    /// An element of one part, which is not empty.
    #[inline]
    fn element(
        &mut self,
        shape: &Shape,
        key: &ElementKey,
        segment: &Segment<'_>,
        before: u32,
        after: u32,
    ) -> Result<(), Unusual> {
        match key.form {
            Form::Text => {
                self.text(shape, key, segment.buffer(), before, after);
                Ok(())
            }
            Form::Composite => self.composite(shape, key, segment, &[before, after]),
            Form::Texts => {
                self.texts(shape, key, segment, &[before, after]);
                Ok(())
            }
            Form::Other => Err(Unusual),
        }
    }

    /// A name and its value.
    #[inline]
    fn text(&mut self, shape: &Shape, key: &ElementKey, buffer: &[u8], before: u32, after: u32) {
        self.copy::<NAME>(shape.keys(), key.name.at, key.name.length);
        self.copy::<VALUE>(buffer, before + 1, after - before - 1);
        self.byte(b'"');
    }

    /// The components between these marks.
    #[inline]
    fn composite(
        &mut self,
        shape: &Shape,
        key: &ElementKey,
        segment: &Segment<'_>,
        marks: &[u32],
    ) -> Result<(), Unusual> {
        // Without the quote that a text starts with.
        self.copy::<NAME>(shape.keys(), key.name.at, key.name.length - 1);
        let start = self.at;
        let mut components = shape.components(key).iter();
        let mut tail = true;
        for pair in marks.windows(2) {
            let &[before, after] = pair else { return Err(Unusual) };
            let component = components.next().filter(|component| component.form == Form::Text).ok_or(Unusual);
            tail = after == before + 1;
            if !tail {
                self.text(shape, component?, segment.buffer(), before, after);
            }
        }
        if tail {
            return Err(Unusual);
        }
        match self.room.get_mut(start as usize) {
            Some(comma) if self.at > start => *comma = b'{',
            _ => return Err(Unusual),
        }
        self.byte(b'}');
        Ok(())
    }

    /// The repetitions between these marks.
    fn texts(&mut self, shape: &Shape, key: &ElementKey, segment: &Segment<'_>, marks: &[u32]) {
        self.copy::<NAME>(shape.keys(), key.name.at, key.name.length - 1);
        self.byte(b'[');
        for (at, pair) in marks.windows(2).enumerate() {
            let &[before, after] = pair else { return };
            if at > 0 {
                self.byte(b',');
            }
            self.byte(b'"');
            self.copy::<VALUE>(segment.buffer(), before + 1, after - before - 1);
            self.byte(b'"');
        }
        self.byte(b']');
    }
}

/// Whether two line ends are alike; mostly both are empty or one byte.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    match (a, b) {
        ([], []) => true,
        ([a], [b]) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::shape::Cut;
    use super::super::value::push_segment;
    use super::*;
    use crate::delimiters::Delimiters;
    use crate::guide::{Guide, Guides, NodeKind};
    use crate::segment::OwnedSegment;
    use proptest::prelude::*;

    fn guide(revision: &str, set: &str) -> Arc<Guide> {
        Guides::built_in().find(revision, set, None).unwrap().clone()
    }

    /// Both ways; `None` where the usual one declines.
    fn both(shape: &Shape, node: NodeIx, text: &str) -> (Option<String>, String) {
        let owned = OwnedSegment::new(text.as_bytes().to_vec(), Delimiters::default());
        let (mut room, mut careful) = (vec![0; Pen::room_of(shape, node, &owned.view())], Vec::new());
        let mut pen = Pen::new(&mut room);
        let usual = pen.segment(shape, node, &owned.view(), Some(b""));
        push_segment(&mut careful, shape, node, &owned.view(), Some(b""));
        let usual = usual.then(|| pen.written());
        (usual.map(|count| String::from_utf8(room[..count].to_vec()).unwrap()), String::from_utf8(careful).unwrap())
    }

    fn node(guide: &Guide, name: &str) -> NodeIx {
        guide.indexes().find(|node| guide.node(*node).name == name).unwrap()
    }

    #[test]
    fn the_usual_way_is_taken_by_what_is_usual() {
        let claims = Shape::new(&guide("005010X222A1", "837"), Cut::Items);
        let claim = node(&claims.guide, "claim_information");
        let (usual, careful) = both(&claims, claim, "CLM*A1*92.25***11:B:1*Y*A*Y*Y");
        assert_eq!(usual, Some(careful));
        let answers = Shape::new(&guide("005010X279A1", "271"), Cut::Items);
        let eb = |ix: &NodeIx| {
            let node = answers.guide.node(*ix);
            node.kind == NodeKind::Segment && node.segment.as_str() == "EB"
        };
        let benefit = answers.guide.indexes().find(eb).unwrap();
        let (usual, careful) = both(&answers, benefit, "EB*1*IND*30^1^88*HM*PLAN");
        assert_eq!(usual, Some(careful));
    }

    #[test]
    fn the_usual_way_declines_what_it_would_lose() {
        let shape = Shape::new(&guide("005010X222A1", "837"), Cut::Items);
        let claim = node(&shape.guide, "claim_information");
        for text in [
            "CLM",
            "CLM*A1*",
            "CLM*A\"1",
            "CLM*A\\\\1",
            "CLM*\u{f1}",
            "CLM*A1*1***11:B:",
            "CLM*A1:B*1",
            "CLM*A1*1***11^B",
        ] {
            assert_eq!(both(&shape, claim, text).0, None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_write_the_same(
            at in any::<prop::sample::Index>(),
            set in 0usize..3,
            text in r#"([A-Z0-9 .]{0,3}|[A-Z]{0,40}|[A-Z:^"\\é]{0,6})(\*([A-Z0-9]{0,20}|[A-Z:^]{0,9}|[A-Z"\\ñ]{0,3})){0,16}"#,
        ) {
            let (revision, set) =
                [("005010X222A1", "837"), ("005010X279A1", "271"), ("005010X221A1", "835")][set];
            let shape = Shape::new(&guide(revision, set), Cut::Stream);
            let guide = &shape.guide;
            let segments: Vec<_> = guide.indexes().filter(|ix| guide.node(*ix).kind == NodeKind::Segment).collect();
            let (usual, careful) = both(&shape, *at.get(&segments), &text);
            prop_assert!(usual.is_none_or(|usual| usual == careful));
        }
    }
}
