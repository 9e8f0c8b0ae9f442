//! Control numbers of what we send: ISA13, GS06, ST02.

use std::fmt;

/// A control number: 1 to 999,999,999. Displays as nine digits, as ISA13 wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ControlNumber(u32);

/// The greatest control number that nine digits hold.
pub const CONTROL_NUMBER_MAX: u32 = 999_999_999;

impl ControlNumber {
    /// 1.
    pub const FIRST: Self = Self(1);

    /// Takes a number from 1 to 999,999,999; `None` outside of it.
    pub const fn new(number: u32) -> Option<Self> {
        if number >= 1 && number <= CONTROL_NUMBER_MAX { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The next number; after the greatest one comes 1.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 >= CONTROL_NUMBER_MAX { Self(1) } else { Self(self.0 + 1) }
    }
}

impl fmt::Display for ControlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_nine_digits_and_wraps_to_one() {
        assert_eq!(ControlNumber::new(42).unwrap().to_string(), "000000042");
        assert_eq!(ControlNumber::new(CONTROL_NUMBER_MAX).unwrap().next().number(), 1);
        assert_eq!(ControlNumber::new(0), None);
        assert_eq!(ControlNumber::new(CONTROL_NUMBER_MAX + 1), None);
    }
}
