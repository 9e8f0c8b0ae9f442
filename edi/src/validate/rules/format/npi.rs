//! National Provider Identifier: 45 CFR 162.406.

/// Ten digits, the first 1 or 2, whose Luhn sum with the prefix 80840 (which adds 24) is a multiple of ten.
pub(crate) fn fits(value: &[u8]) -> bool {
    let &[a, b, c, d, e, f, g, h, i, check] = value else { return false };
    if !matches!(a, b'1' | b'2') || !value.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let twice = |digit: u8| {
        let digit = u32::from(digit - b'0') * 2;
        digit / 10 + digit % 10
    };
    let once = |digit: u8| u32::from(digit - b'0');
    let odd = twice(a) + twice(c) + twice(e) + twice(g) + twice(i);
    let even = once(b) + once(d) + once(f) + once(h) + once(check);
    (24 + odd + even) % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_counts() {
        assert!(fits(b"1234567893"));
        for bad in ["1234567890", "123456789", "12345678933", "3234567893", "12345A7893", ""] {
            assert!(!fits(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn one_last_digit_of_ten_is_right() {
        let right = (0..10).filter(|digit| fits(format!("124567890{digit}").as_bytes()));
        assert_eq!(right.count(), 1);
    }
}
