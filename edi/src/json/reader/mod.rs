//! A file's JSON back to X12, as its bytes come in: here the brackets and names, in [`levels`] what they mean.

mod levels;

use super::error::JsonError;
use super::pull::ValueEnd;
use super::restore::Restored;
use super::shape::Shapes;
use super::tree::{Json, parse};
use crate::guide::Guides;
use levels::{Action, Frame};

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
}
