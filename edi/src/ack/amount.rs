//! Exact sums of X12 amounts.

/// Digits behind the point that are kept. An amount of 18 digits with more of them is cut there.
const DECIMALS: u32 = 12;
const ONE: i128 = 10_i128.pow(DECIMALS);
/// Digits that an R element may hold (782: 1 to 18).
const DIGITS_MAX: usize = 18;

/// A decimal amount. Sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

impl Amount {
    /// Reads an R element: sign, digits, one point. `None` where it is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (negative, digits) = match value.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, value),
        };
        let (mut units, mut count, mut decimals) = (0_i128, 0, None);
        for byte in digits {
            match byte {
                b'.' if decimals.is_none() => decimals = Some(0),
                b'0'..=b'9' if count < DIGITS_MAX => {
                    count += 1;
                    if decimals.is_some_and(|d| d == DECIMALS) {
                        continue;
                    }
                    units = units * 10 + i128::from(byte - b'0');
                    decimals = decimals.map(|d| d + 1);
                }
                _ => return None,
            }
        }
        let scaled = units * 10_i128.pow(DECIMALS - decimals.unwrap_or(0));
        (count > 0).then_some(Self(if negative { -scaled } else { scaled }))
    }

    /// Adds another amount.
    pub fn add(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl std::fmt::Display for Amount {
    /// As X12 writes it: no zeros behind the last digit that counts, no point at the end.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.abs() / ONE, self.0.abs() % ONE);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let rest = format!("{rest:012}");
        write!(f, "{sign}{whole}.{}", rest.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_exactly_what_floats_would_not() {
        let mut sum = Amount::default();
        for _ in 0..10 {
            sum.add(Amount::parse(b"0.1").unwrap());
        }
        assert_eq!(sum.to_string(), "1");
        sum.add(Amount::parse(b"-1.005").unwrap());
        assert_eq!(sum.to_string(), "-0.005");
    }

    #[test]
    fn reads_what_an_r_element_may_hold_and_nothing_else() {
        for (value, shown) in [("100", "100"), (".5", "0.5"), ("7.", "7"), ("00100.50", "100.5")] {
            assert_eq!(Amount::parse(value.as_bytes()).unwrap().to_string(), shown);
        }
        for value in ["", "-", ".", "1e3", "1,000", "+1", "1.2.3", "1234567890123456789"] {
            assert_eq!(Amount::parse(value.as_bytes()), None, "{value}");
        }
    }
}
