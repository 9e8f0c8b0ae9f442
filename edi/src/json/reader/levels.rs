//! What the objects and arrays of a file's JSON are, from the document down to the levels of a set.

use std::sync::Arc;

use super::FileReader;
use crate::guide::NodeIx;
use crate::json::error::{At, JsonError};
use crate::json::restore::rank_in;
use crate::json::shape::{Cut, Shape};
use crate::json::text::push_string;
use crate::json::tree::{Json, parse};

/// An object or array that is read in pieces.
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Its step in a pointer; empty for an entry of an array.
    pub(super) name: String,
    /// How many entries were met.
    pub(super) entries: usize,
    /// Rank of the last member, where the order matters.
    pub(super) rank: usize,
}

pub(super) enum Kind {
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
pub(super) struct SetHead {
    guide: Option<String>,
    set: Option<String>,
    purpose: Option<String>,
}

/// A loop on the spine.
pub(super) struct OpenLoop {
    shape: Arc<Shape>,
    node: NodeIx,
    /// Its own members as JSON, until the first level within it.
    own: Vec<u8>,
    sealed: bool,
}

pub(super) enum Action {
    Descend(Kind),
    Capture,
}

impl FileReader {
    /// The pointer of the value that is next or under way.
    pub(super) fn pointer(&self) -> String {
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
    pub(super) fn action(&mut self, out: &mut Vec<u8>) -> Result<Action, JsonError> {
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
    pub(super) fn take(&mut self, value: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
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
                push_string(&mut open.own, self.key.as_bytes());
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
    pub(super) fn close(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
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
    pub(super) fn is_array(&self) -> bool {
        matches!(self.kind, Kind::Interchanges | Kind::Groups | Kind::Sets | Kind::Segments | Kind::Loops(_))
    }
}
