//! What a partner wants of its 999s.

use crate::ControlNumber;
use crate::ack::Format;

/// How a 999 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Delimiters and line ends; `None` takes the delimiters of the interchange that is acknowledged.
    pub format: Option<Format>,
    /// ST02 of the first set; each further one counts up. 1.
    pub set_number: ControlNumber,
    /// How a missing segment or loop is reported that only the guide requires.
    pub missing: Missing,
    /// IK3 segments in one AK2 loop at most; what is beyond is only counted in IK5's code. 1000.
    pub segments_max: u32,
    /// IK4 segments in one IK3 loop at most. 100.
    pub elements_max: u32,
    /// Whether IK404 repeats the bad value, which may be PHI. `true`.
    pub bad_data: bool,
}

/// IK304 for what the guide requires and base X12 leaves optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// `I7` for a loop, `I8` for a segment, `I6` where the situation asks for it: as the codes' labels say.
    Guide,
    /// `3` for all of them, as published examples do, and IK5 says `5` in place of `I5`.
    Base,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: None,
            set_number: ControlNumber::FIRST,
            missing: Missing::Guide,
            segments_max: 1000,
            elements_max: 100,
            bad_data: true,
        }
    }
}
