//! A file's JSON back to X12, as its bytes come in.

use std::sync::Arc;

use super::error::{At, JsonError};
use super::pull::ValueEnd;
use super::restore::{Restored, rank_in};
use super::shape::{Cut, Shape, Shapes};
use super::tree::{Json, parse};
use crate::guide::{Guides, NodeIx};

/// The most bytes of JSON that are held at once, unless the caller says otherwise: one value, or one level's own members.
pub const VALUE_BYTES_MAX: usize = 64 << 20;

/// Turns a file's JSON into the file. Feed it in any pieces; memory holds one item and its ancestors.
///
/// Because nothing is held back, the members of envelopes, and those of a level before and behind the levels within, must stand in the
/// order in which [`super::FileWriter`] writes them. Within an item any order will do.
pub struct FileReader {
    guides: Guides,
    shapes: Shapes,
    pending: Vec<u8>,
    /// How much of `pending` is done with.
    at: usize,
    /// Bytes before `pending`.
    before: u64,
    end: ValueEnd,
    phase: Phase,
    key: String,
    stack: Vec<Frame>,
    restored: Restored,
    failed: Option<JsonError>,
    value_bytes_max: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A value, in an object behind its name.
    Value,
    /// Behind an opening bracket.
    FirstOrEnd,
    /// Behind a value.
    CommaOrEnd,
    /// A member's name, or an array's entry.
    Next,
    Colon,
    Done,
}

/// An object or array that is read in pieces.
struct Frame {
    kind: Kind,
    /// Its step in a pointer; empty for an entry of an array.
    name: String,
    /// How many entries were met.
    entries: usize,
    /// Rank of the last member, where the order matters.
    rank: usize,
}

enum Kind {
    Document,
    Interchanges,
    Interchange,
    Groups,
    Group,
    Sets,
    Set(SetHead),
    Segments,
    Loops(NodeIx),
    Loop(OpenLoop),
}

/// What names a set's guide.
#[derive(Default)]
struct SetHead {
    guide: Option<String>,
    set: Option<String>,
    purpose: Option<String>,
}

/// A loop on the spine.
struct OpenLoop {
    shape: Arc<Shape>,
    node: NodeIx,
    /// Its own members as JSON, until the first level within it.
    own: Vec<u8>,
    sealed: bool,
}

enum Action {
    Descend(Kind),
    Capture,
}

impl FileReader {
    /// A reader at the start of a document. `guides` must know the guides that the document names.
    pub fn new(guides: Guides) -> Self {
        Self {
            guides,
            shapes: Shapes::default(),
            pending: Vec::new(),
            at: 0,
            before: 0,
            end: ValueEnd::default(),
            phase: Phase::Value,
            key: String::new(),
            stack: Vec::new(),
            restored: Restored::default(),
            failed: None,
            value_bytes_max: VALUE_BYTES_MAX,
        }
    }

    /// With another limit than [`VALUE_BYTES_MAX`] on the bytes that are held at once.
    #[must_use]
    pub fn with_value_bytes_max(self, value_bytes_max: usize) -> Self {
        Self { value_bytes_max, ..self }
    }

    /// Takes the next bytes of JSON and appends what X12 they complete to `out`. After an error it takes none and gives the same
    /// error again; what was appended before it is then worth nothing.
    pub fn feed(&mut self, json: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.pending.extend_from_slice(json);
        let result = self.run(out);
        self.pending.drain(..self.at);
        self.before += self.at as u64;
        self.at = 0;
        self.failed = result.as_ref().err().cloned();
        result
    }

    /// The document has ended.
    pub fn finish(self) -> Result<(), JsonError> {
        match (&self.failed, self.phase) {
            (Some(error), _) => Err(error.clone()),
            (None, Phase::Done) => Ok(()),
            (None, _) => Err(self.expected("the rest of the document")),
        }
    }

    fn run(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        while self.step(out)? {}
        match self.pending.len() - self.at > self.value_bytes_max {
            true => Err(self.expected("a value within the limit")),
            false => Ok(()),
        }
    }

    /// One step; `false` where it needs more bytes.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, JsonError> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        let Some(byte) = self.peek() else { return Ok(false) };
        let array = self.stack.last().is_some_and(Frame::is_array);
        match self.phase {
            Phase::FirstOrEnd | Phase::CommaOrEnd if byte == if array { b']' } else { b'}' } => {
                self.at += 1;
                self.close(out)?;
                self.phase = if self.stack.is_empty() { Phase::Done } else { Phase::CommaOrEnd };
            }
            Phase::FirstOrEnd => self.phase = Phase::Next,
            Phase::CommaOrEnd if byte == b',' => {
                self.at += 1;
                self.phase = Phase::Next;
            }
            Phase::CommaOrEnd => return Err(self.expected("`,` or the closing bracket")),
            Phase::Next if array => self.phase = Phase::Value,
            Phase::Next if byte == b'"' => return self.read_key(),
            Phase::Next => return Err(self.expected("a member name")),
            Phase::Colon if byte == b':' => {
                self.at += 1;
                self.phase = Phase::Value;
            }
            Phase::Colon => return Err(self.expected("`:`")),
            Phase::Value => return self.value(byte, out),
            Phase::Done => return Err(self.expected("the end of the document")),
        }
        Ok(true)
    }

    fn peek(&self) -> Option<u8> {
        self.pending.get(self.at).copied()
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        JsonError::Syntax { expected, byte: self.before + self.at as u64 }
    }

    /// The whole next value, once it is there.
    fn capture(&mut self) -> Option<Vec<u8>> {
        let rest = self.pending.get(self.at..)?;
        let length = self.end.find(rest)?;
        self.end = ValueEnd::default();
        let value = rest.get(..length)?.to_vec();
        self.at += length;
        Some(value)
    }

    fn read_key(&mut self) -> Result<bool, JsonError> {
        let Some(raw) = self.capture() else { return Ok(false) };
        let Json::String(key) = parse(&raw)? else { return Err(self.expected("a member name")) };
        self.key = key.into_owned();
        self.phase = Phase::Colon;
        Ok(true)
    }

    fn value(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<bool, JsonError> {
        // A capture that waits for more bytes was decided before.
        let action = if self.end.begun() { Action::Capture } else { self.action(out)? };
        match action {
            Action::Descend(kind) => {
                let name =
                    if self.stack.last().is_some_and(Frame::is_array) { String::new() } else { self.key.clone() };
                let frame = Frame { kind, name, entries: 0, rank: 0 };
                if byte != if frame.is_array() { b'[' } else { b'{' } {
                    let expected = if frame.is_array() { "an array" } else { "an object" };
                    return Err(JsonError::Value { pointer: self.pointer(), expected });
                }
                self.at += 1;
                self.stack.push(frame);
                self.phase = Phase::FirstOrEnd;
                Ok(true)
            }
            Action::Capture => {
                let Some(value) = self.capture() else { return Ok(false) };
                self.take(&value, out)?;
                self.count_entry();
                self.phase = Phase::CommaOrEnd;
                Ok(true)
            }
        }
    }

    fn count_entry(&mut self) {
        if let Some(frame) = self.stack.last_mut() {
            frame.entries += 1;
        }
    }

    /// The pointer of the value that is next or under way.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        let mut frames = self.stack.iter().peekable();
        while let Some(frame) = frames.next() {
            if frame.is_array() {
                pointer.push_str(&format!("/{}", frame.entries));
            } else {
                let name = frames.peek().map_or(self.key.as_str(), |below| below.name.as_str());
                pointer = At::root(&pointer).name(name).pointer();
            }
        }
        pointer
    }

    /// The pointer of the object or array that is open.
    fn open_pointer(&self) -> String {
        let pointer = self.pointer();
        pointer.rsplit_once('/').map_or("", |(open, _)| open).to_owned()
    }

    /// What to do with the value that is next.
    fn action(&mut self, out: &mut Vec<u8>) -> Result<Action, JsonError> {
        let Some(frame) = self.stack.last_mut() else { return Ok(Action::Descend(Kind::Document)) };
        let key = self.key.as_str();
        let known = match (&frame.kind, key) {
            (Kind::Document, "interchanges") => Action::Descend(Kind::Interchanges),
            (Kind::Interchanges, _) => Action::Descend(Kind::Interchange),
            (Kind::Interchange, "groups") => Action::Descend(Kind::Groups),
            (Kind::Groups, _) => Action::Descend(Kind::Group),
            (Kind::Group, "sets") => Action::Descend(Kind::Sets),
            (Kind::Sets, _) => Action::Descend(Kind::Set(SetHead::default())),
            (Kind::Interchange | Kind::Group, _) => Action::Capture,
            (Kind::Segments, _) => Action::Capture,
            (Kind::Set(_), "guide" | "set" | "purpose") => Action::Capture,
            (Kind::Set(_), "segments") => Action::Descend(Kind::Segments),
            _ => return self.action_in_loop(out),
        };
        if let Kind::Interchange | Kind::Group | Kind::Document = frame.kind {
            match rank_in(matches!(frame.kind, Kind::Interchange), key).filter(|rank| *rank > frame.rank) {
                Some(rank) => frame.rank = rank,
                None => return Err(self.out_of_order()),
            }
        }
        Ok(known)
    }

    fn out_of_order(&self) -> JsonError {
        At::root(&self.pointer()).value("each member once, and in the order of our own JSON")
    }

    fn unknown(&self) -> JsonError {
        At::root(&self.pointer()).unknown()
    }

    fn action_in_loop(&mut self, out: &mut Vec<u8>) -> Result<Action, JsonError> {
        self.resolve_guide()?;
        let (open, last_rank) = match self.stack.last() {
            Some(Frame { kind: Kind::Loop(open), rank, .. }) => (open, *rank),
            Some(Frame { kind: Kind::Loops(node), .. }) => {
                let shape = self.shapes.last().ok_or_else(|| self.unknown())?;
                return Ok(Action::Descend(Kind::Loop(OpenLoop {
                    shape,
                    node: *node,
                    own: Vec::new(),
                    sealed: false,
                })));
            }
            _ => return Err(self.unknown()),
        };
        if self.key == "_order" && !open.sealed {
            return Ok(Action::Capture);
        }
        let guide = &open.shape.guide;
        let child = guide.children(open.node).find(|child| guide.node(*child).name == self.key);
        let child = child.ok_or_else(|| self.unknown())?;
        let rank = usize::from(open.shape.rank(child)) + 1;
        let spine = open.shape.spine(child);
        if (open.sealed || spine) && rank <= last_rank {
            return Err(self.out_of_order());
        }
        if !spine {
            let sealed = open.sealed;
            self.set_rank(if sealed { rank } else { last_rank });
            return Ok(Action::Capture);
        }
        let shape = Arc::clone(&open.shape);
        self.set_rank(rank);
        self.seal(out)?;
        let repeats = shape.repeats(child);
        let below = OpenLoop { shape, node: child, own: Vec::new(), sealed: false };
        Ok(Action::Descend(if repeats { Kind::Loops(child) } else { Kind::Loop(below) }))
    }

    fn set_rank(&mut self, rank: usize) {
        if let Some(frame) = self.stack.last_mut() {
            frame.rank = rank;
        }
    }

    /// Writes the own members of the open loop, if there are any.
    fn seal(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let Some(Frame { kind: Kind::Loop(open), .. }) = self.stack.last_mut() else { return Ok(()) };
        open.sealed = true;
        let sealed = self.restored.seal(&open.shape, open.node, &mut open.own, out);
        sealed.map_err(|error| error.under(&self.open_pointer()))
    }

    /// Once a set's own members begin, its guide must be known.
    fn resolve_guide(&mut self) -> Result<(), JsonError> {
        let Some(Frame { kind: Kind::Set(head), .. }) = self.stack.last() else { return Ok(()) };
        let revision = head.guide.as_deref().ok_or_else(|| At::root(&self.open_pointer()).name("guide").missing())?;
        let set = head.set.as_deref().ok_or_else(|| At::root(&self.open_pointer()).name("set").missing())?;
        let guide = self.guides.find(revision, set, head.purpose.as_deref());
        let unknown = || JsonError::Guide { pointer: At::root(&self.open_pointer()).name("guide").pointer() };
        let shape = self.shapes.of(guide.ok_or_else(unknown)?, Cut::Stream);
        if let Some(frame) = self.stack.last_mut() {
            frame.kind = Kind::Loop(OpenLoop { shape, node: NodeIx::ROOT, own: Vec::new(), sealed: false });
        }
        Ok(())
    }

    /// A whole value.
    fn take(&mut self, value: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
        let taken = self.take_at_root(value, out);
        taken.map_err(|error| error.under(&self.pointer()))?;
        match self.stack.last() {
            Some(Frame { kind: Kind::Loop(OpenLoop { sealed: true, .. }), .. }) => self.seal(out),
            _ => Ok(()),
        }
    }

    fn take_at_root(&mut self, value: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
        let at = At::root("");
        let Some(frame) = self.stack.last_mut() else { return Err(at.unknown()) };
        match &mut frame.kind {
            Kind::Interchange => self.restored.envelope(true, &self.key, &parse(value)?, &at, out),
            Kind::Group => self.restored.envelope(false, &self.key, &parse(value)?, &at, out),
            Kind::Segments => self.restored.raw_segment(&parse(value)?, &at, out),
            Kind::Set(head) => {
                let Json::String(text) = parse(value)? else { return Err(at.value("a string")) };
                let slot = match self.key.as_str() {
                    "guide" => &mut head.guide,
                    "set" => &mut head.set,
                    _ => &mut head.purpose,
                };
                *slot = Some(text.into_owned());
                Ok(())
            }
            Kind::Loop(open) => {
                open.own.push(if open.own.is_empty() { b'{' } else { b',' });
                super::text::push_string(&mut open.own, self.key.as_bytes());
                open.own.push(b':');
                open.own.extend_from_slice(value);
                match open.own.len() > self.value_bytes_max {
                    true => Err(at.value("a level within the limit")),
                    false => Ok(()),
                }
            }
            _ => Err(at.unknown()),
        }
    }

    /// The open object or array closes.
    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        if matches!(self.stack.last(), Some(Frame { kind: Kind::Set(SetHead { guide: Some(_), .. }), .. })) {
            self.resolve_guide()?;
        }
        self.seal(out)?;
        if let Some(Frame { kind: Kind::Interchange, .. }) = self.stack.last() {
            self.restored.close_interchange();
        }
        self.stack.pop();
        self.count_entry();
        Ok(())
    }
}

impl Frame {
    fn is_array(&self) -> bool {
        matches!(self.kind, Kind::Interchanges | Kind::Groups | Kind::Sets | Kind::Segments | Kind::Loops(_))
    }
}
