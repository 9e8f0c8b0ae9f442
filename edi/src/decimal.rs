//! Exact decimals for amounts: never floats.

use std::fmt;

/// A decimal number: `units` of ten to the minus `scale`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decimal {
    units: i128,
    scale: u8,
}

/// Digits behind the point that are kept apart; X12's greatest decimal has 18 digits.
const SCALE_MAX: usize = 18;

impl Decimal {
    /// From an X12 decimal: digits, a leading minus, one point. `None` for anything else and for more than 18 digits.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let point = unsigned.iter().position(|byte| *byte == b'.').unwrap_or(unsigned.len());
        let whole = unsigned.get(..point)?;
        let part = unsigned.get(point + 1..).unwrap_or_default();
        if whole.is_empty() && part.is_empty() || whole.len() + part.len() > SCALE_MAX {
            return None;
        }
        // 18 digits fit.
        let mut units = 0u64;
        for byte in whole.iter().chain(part) {
            units = units * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        let units = i128::from(units);
        Some(Self { units: if negative { -units } else { units }, scale: part.len() as u8 })
    }

    /// A whole number.
    pub(crate) fn whole(units: u32) -> Self {
        Self { units: i128::from(units), scale: 0 }
    }

    /// The sum. Saturates where a sum of 18-digit amounts never gets.
    pub(crate) fn plus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self { units: self.at_scale(scale).saturating_add(other.at_scale(scale)), scale }
    }

    fn at_scale(self, scale: u8) -> i128 {
        if self.scale == scale {
            return self.units;
        }
        self.units.saturating_mul(10i128.pow(u32::from(scale.saturating_sub(self.scale))))
    }
}

impl fmt::Display for Decimal {
    /// As X12 writes it: no zeros behind the last digit that counts, no point at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let one = 10u128.pow(u32::from(self.scale));
        let (whole, part) = (self.units.unsigned_abs() / one, self.units.unsigned_abs() % one);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let part = format!("{part:0width$}", width = usize::from(self.scale));
        write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let scale = self.scale.max(other.scale);
        self.at_scale(scale) == other.at_scale(scale)
    }
}

impl Eq for Decimal {}

impl Ord for Decimal {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self.scale == other.scale {
            return self.units.cmp(&other.units);
        }
        let scale = self.scale.max(other.scale);
        self.at_scale(scale).cmp(&other.at_scale(scale))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn adds_exactly_and_compares_by_value() {
        assert_eq!(decimal("0.1").plus(decimal("0.2")), decimal(".30"));
        assert_eq!(decimal("100").plus(decimal("-100.00")), decimal("0"));
        assert_ne!(decimal("1"), decimal("1.01"));
        assert!(decimal("-2") < decimal("-1.99") && decimal("10") > decimal("9.9"));
        for bad in ["", "-", ".", "1.2.3", "1,0", "1e3", "+1", "1234567890123456789"] {
            assert!(Decimal::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn shows_as_x12_writes_it() {
        for (text, shown) in
            [("100", "100"), (".5", "0.5"), ("7.", "7"), ("00100.50", "100.5"), ("-0.005", "-0.005"), ("-0", "0")]
        {
            assert_eq!(decimal(text).to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn cents_add_as_integers(amounts in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 0..50)) {
            let text = |cents: i64| {
                let sign = if cents < 0 { "-" } else { "" };
                format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
            };
            let sum = amounts.iter().fold(Decimal::default(), |sum, cents| sum.plus(decimal(&text(*cents))));
            prop_assert_eq!(sum, decimal(&text(amounts.iter().sum())));
        }
    }
}
