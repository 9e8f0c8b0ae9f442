//! Where the frames of a message lie, so that a part of the plaintext opens without the rest.

use super::frames::{FINAL_HEAD_BYTES, FRAME_OVERHEAD_BYTES};
use super::suite::TAG_BYTES;

/// The geometry of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    header_bytes: u64,
    frame_bytes: u64,
}

impl Layout {
    pub(super) const fn new(header_bytes: usize, frame_bytes: u32) -> Self {
        Self { header_bytes: header_bytes as u64, frame_bytes: frame_bytes as u64 }
    }

    /// Length of the header with its tag.
    #[must_use]
    pub const fn header_bytes(&self) -> u64 {
        self.header_bytes
    }

    /// Plaintext bytes of every frame but the last.
    #[must_use]
    pub const fn frame_bytes(&self) -> u64 {
        self.frame_bytes
    }

    /// The number of the frame that holds plaintext byte `at`, from 1. `None` beyond what the format numbers.
    #[must_use]
    pub fn frame_of(&self, at: u64) -> Option<u32> {
        u32::try_from(at.checked_div(self.frame_bytes)?.checked_add(1)?).ok().filter(|frame| *frame != u32::MAX)
    }

    /// The plaintext offset at which frame `number` starts.
    #[must_use]
    pub fn plain_start(&self, number: u32) -> u64 {
        u64::from(number.saturating_sub(1)).saturating_mul(self.frame_bytes)
    }

    /// The offset in the sealed message at which frame `number` ends, or beyond it: room is left for it to be the final one.
    #[must_use]
    pub fn sealed_end(&self, number: u32) -> u64 {
        let longest = self.frame_bytes + (FINAL_HEAD_BYTES + TAG_BYTES) as u64;
        self.sealed_start(number).saturating_add(longest)
    }

    /// The offset in the sealed message at which frame `number` starts.
    #[must_use]
    pub fn sealed_start(&self, number: u32) -> u64 {
        let frames = u64::from(number.saturating_sub(1));
        frames.saturating_mul(self.frame_bytes + FRAME_OVERHEAD_BYTES as u64).saturating_add(self.header_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_lie_one_after_the_other() {
        let layout = Layout::new(100, 10);
        assert_eq!((layout.frame_of(0), layout.frame_of(9), layout.frame_of(10)), (Some(1), Some(1), Some(2)));
        assert_eq!((layout.sealed_start(1), layout.sealed_start(3)), (100, 100 + 2 * 42));
        assert_eq!(layout.plain_start(3), 20);
    }

    #[test]
    fn beyond_the_last_number_there_is_no_frame() {
        let layout = Layout::new(100, 1);
        assert_eq!(layout.frame_of(u64::from(u32::MAX) - 2), Some(u32::MAX - 1));
        assert_eq!(layout.frame_of(u64::from(u32::MAX) - 1), None);
        assert_eq!(layout.frame_of(u64::MAX), None);
    }
}
