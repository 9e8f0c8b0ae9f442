//! Frames: what is common to writing and reading them.

use super::suite::{IV_BYTES, MESSAGE_ID_BYTES, TAG_BYTES};

/// Stands where a sequence number would, before the last frame.
pub(super) const FINAL_MARK: u32 = u32::MAX;
/// Highest sequence number: the next one is the final frame's mark.
pub(super) const SEQUENCE_MAX: u32 = u32::MAX - 1;
pub(super) const SEQUENCE_BYTES: usize = 4;
/// What a frame takes beside its content.
pub(super) const FRAME_OVERHEAD_BYTES: usize = SEQUENCE_BYTES + IV_BYTES + TAG_BYTES;
/// What stands before the content of the final frame: mark, sequence, IV, length.
pub(super) const FINAL_HEAD_BYTES: usize = 4 + SEQUENCE_BYTES + IV_BYTES + 4;
/// What stands before the content of another frame.
pub(super) const FRAME_HEAD_BYTES: usize = SEQUENCE_BYTES + IV_BYTES;

const FRAME_LABEL: &[u8] = b"AWSKMSEncryptionClient Frame";
const FINAL_LABEL: &[u8] = b"AWSKMSEncryptionClient Final Frame";

/// A frame's IV is its sequence number.
pub(super) fn iv(sequence: u32) -> [u8; IV_BYTES] {
    let mut iv = [0; IV_BYTES];
    if let Some(last) = iv.last_chunk_mut::<4>() {
        *last = sequence.to_be_bytes();
    }
    iv
}

/// What is authenticated beside a frame's content. One buffer serves all frames of a message.
pub(super) struct BodyAad(Vec<u8>);

impl BodyAad {
    pub(super) fn new(message_id: &[u8; MESSAGE_ID_BYTES]) -> Self {
        let mut bytes = Vec::with_capacity(MESSAGE_ID_BYTES + FINAL_LABEL.len() + 12);
        bytes.extend_from_slice(message_id);
        Self(bytes)
    }

    pub(super) fn of(&mut self, last: bool, sequence: u32, content_bytes: usize) -> &[u8] {
        self.0.truncate(MESSAGE_ID_BYTES);
        self.0.extend_from_slice(if last { FINAL_LABEL } else { FRAME_LABEL });
        self.0.extend_from_slice(&sequence.to_be_bytes());
        self.0.extend_from_slice(&(content_bytes as u64).to_be_bytes());
        &self.0
    }
}
