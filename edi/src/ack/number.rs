//! Numbers as acknowledgments write them.

use crate::ControlNumber;

/// ST02 and SE02 as we write them: at least four digits.
pub(crate) fn set_number(number: ControlNumber) -> String {
    format!("{:04}", number.number())
}

/// A count of at most six digits (AK902 to AK904).
pub(crate) fn count_text(count: u64) -> String {
    count.min(999_999).to_string()
}

/// The digits of a number that was received, at least `min` and at most `max` of them: the last ones stand, zeros fill up.
pub(crate) fn digits_text(received: &str, min: usize, max: usize) -> String {
    let digits: String = received.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.get(digits.len().saturating_sub(max)..).unwrap_or_default();
    format!("{tail:0>min$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_numbers_within_their_elements() {
        assert_eq!(set_number(ControlNumber::new(1).unwrap()), "0001");
        assert_eq!(count_text(1_000_000), "999999");
        assert_eq!(digits_text("1x2", 1, 9), "12");
        assert_eq!(digits_text("", 1, 9), "0");
        assert_eq!(digits_text("12345678901", 9, 9), "345678901");
        assert_eq!(digits_text("7", 9, 9), "000000007");
    }
}
