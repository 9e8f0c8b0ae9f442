//! Opens a message as its bytes come.

use std::fmt;

use ring::aead::{Aad, LessSafeKey, Nonce};

use super::OpenError;
use super::frames::{
    BodyAad, FINAL_HEAD_BYTES, FINAL_MARK, FRAME_HEAD_BYTES, FRAME_OVERHEAD_BYTES, SEQUENCE_BYTES, SEQUENCE_MAX, iv,
};
use super::suite::{IV_BYTES, MESSAGE_ID_BYTES, TAG_BYTES};

/// Opens the frames of one message, given after its header. Each frame is authenticated before any of it is released.
///
/// What was released is authentic, yet only [`Opener::finish`] tells that nothing is missing at the end.
pub struct Opener {
    cipher: LessSafeKey,
    message_id: [u8; MESSAGE_ID_BYTES],
    aad: BodyAad,
    frame_bytes: usize,
    sequence: u32,
    pending: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Finished,
    Failed,
}

/// How many bytes of a frame are needed: to know its length, or the whole.
enum Need {
    Head(usize),
    Whole(Frame),
}

#[derive(Clone, Copy)]
struct Frame {
    last: bool,
    content_bytes: usize,
    bytes: usize,
}

impl Opener {
    pub(super) fn new(cipher: LessSafeKey, message_id: [u8; MESSAGE_ID_BYTES], frame_bytes: u32) -> Self {
        Self {
            cipher,
            message_id,
            aad: BodyAad::new(&message_id),
            frame_bytes: frame_bytes as usize,
            sequence: 1,
            pending: Vec::new(),
            state: State::Open,
        }
    }

    /// Expects frame `number` next, counted from 1, for a reader that starts in the midst. Drops what it held of another frame.
    #[must_use]
    pub fn at_frame(&self, number: u32) -> Self {
        Self { frame_bytes: self.frame_bytes, sequence: number, ..Self::new(self.cipher.clone(), self.message_id, 0) }
    }

    /// Whether the final frame was read.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// Takes sealed bytes, and appends the plaintext of the frames that they complete to `out`.
    ///
    /// # Errors
    /// When a frame is malformed, out of order or not authentic, or bytes follow the final one. Nothing of that frame is in `out`, and the
    /// message gives no more.
    pub fn update(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), OpenError> {
        let taken = match self.state {
            State::Failed => return Err(OpenError::Failed),
            _ => self.take(sealed, out),
        };
        if taken.is_err() {
            self.state = State::Failed;
        }
        taken
    }

    /// Tells that the message was whole.
    ///
    /// # Errors
    /// [`OpenError::Truncated`] when the final frame was not read.
    pub fn finish(self) -> Result<(), OpenError> {
        match self.state {
            State::Finished => Ok(()),
            State::Failed => Err(OpenError::Failed),
            State::Open => Err(OpenError::Truncated { after_frame: self.sequence.saturating_sub(1) }),
        }
    }

    fn take(&mut self, mut sealed: &[u8], out: &mut Vec<u8>) -> Result<(), OpenError> {
        while !sealed.is_empty() {
            if self.state == State::Finished {
                return Err(OpenError::Trailing);
            }
            if self.pending.is_empty()
                && let Need::Whole(frame) = self.need(sealed)?
                && let Some((whole, rest)) = sealed.split_at_checked(frame.bytes)
            {
                self.open(frame, whole, out)?;
                sealed = rest;
                continue;
            }
            sealed = self.hold(sealed, out)?;
        }
        Ok(())
    }

    /// Moves bytes to what is pending, as many as the frame needs, and opens it when it is whole.
    fn hold<'a>(&mut self, sealed: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], OpenError> {
        let needed = match self.need(&self.pending)? {
            Need::Head(bytes) => bytes,
            Need::Whole(frame) => frame.bytes,
        };
        let missing = needed.saturating_sub(self.pending.len());
        let (taken, rest) = sealed.split_at(missing.min(sealed.len()));
        self.pending.extend_from_slice(taken);
        if let Need::Whole(frame) = self.need(&self.pending)?
            && frame.bytes == self.pending.len()
        {
            let mut whole = std::mem::take(&mut self.pending);
            self.open(frame, &whole, out)?;
            whole.clear();
            self.pending = whole;
        }
        Ok(rest)
    }

    fn need(&self, bytes: &[u8]) -> Result<Need, OpenError> {
        let Some(mark) = bytes.first_chunk::<SEQUENCE_BYTES>() else {
            return Ok(Need::Head(SEQUENCE_BYTES));
        };
        if u32::from_be_bytes(*mark) != FINAL_MARK {
            let bytes = self.frame_bytes + FRAME_OVERHEAD_BYTES;
            return Ok(Need::Whole(Frame { last: false, content_bytes: self.frame_bytes, bytes }));
        }
        let Some(length) = bytes.get(..FINAL_HEAD_BYTES).and_then(|head| head.last_chunk::<4>()) else {
            return Ok(Need::Head(FINAL_HEAD_BYTES));
        };
        let content_bytes = u32::from_be_bytes(*length) as usize;
        if content_bytes > self.frame_bytes {
            return Err(OpenError::Limit {
                what: "bytes of the final frame",
                limit: self.frame_bytes as u64,
                found: content_bytes as u64,
            });
        }
        let bytes = FINAL_HEAD_BYTES + content_bytes + TAG_BYTES;
        Ok(Need::Whole(Frame { last: true, content_bytes, bytes }))
    }

    fn open(&mut self, frame: Frame, whole: &[u8], out: &mut Vec<u8>) -> Result<(), OpenError> {
        let head_bytes = if frame.last { FINAL_HEAD_BYTES } else { FRAME_HEAD_BYTES };
        let (head, sealed) = whole.split_at(head_bytes.min(whole.len()));
        self.check_head(frame.last, head)?;
        let start = out.len();
        out.extend_from_slice(sealed);
        let (_, content) = out.split_at_mut(start);
        let aad = Aad::from(self.aad.of(frame.last, self.sequence, frame.content_bytes));
        let opened = self.cipher.open_in_place(Nonce::assume_unique_for_key(iv(self.sequence)), aad, content).is_ok();
        out.truncate(if opened { start + frame.content_bytes } else { start });
        if !opened {
            return Err(OpenError::NotAuthentic { part: "frame", frame: self.sequence });
        }
        match (frame.last, self.sequence) {
            (true, _) => self.state = State::Finished,
            (false, SEQUENCE_MAX) => {
                return Err(OpenError::Malformed { part: "frames", expected: "a final frame at the highest number" });
            }
            (false, sequence) => self.sequence = sequence + 1,
        }
        Ok(())
    }

    fn check_head(&self, last: bool, head: &[u8]) -> Result<(), OpenError> {
        let numbered = if last { head.get(SEQUENCE_BYTES..) } else { Some(head) };
        let (sequence, rest) = numbered
            .and_then(<[u8]>::split_first_chunk::<SEQUENCE_BYTES>)
            .ok_or(OpenError::Malformed { part: "frames", expected: "a sequence number" })?;
        if u32::from_be_bytes(*sequence) != self.sequence {
            return Err(OpenError::Malformed { part: "frames", expected: "the next sequence number" });
        }
        if rest.first_chunk::<IV_BYTES>() != Some(&iv(self.sequence)) {
            return Err(OpenError::Malformed { part: "frames", expected: "the sequence number as IV" });
        }
        Ok(())
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("sequence", &self.sequence).field("state", &self.state).finish_non_exhaustive()
    }
}
