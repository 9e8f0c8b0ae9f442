//! Exact sums of X12 amounts.

use crate::decimal::Decimal;
use std::fmt;

/// A decimal amount. Sums are exact; shown as X12 writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amount(Decimal);

impl Amount {
    /// Reads an R element: sign, digits, one point. `None` where it is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        Decimal::parse(value).map(Self)
    }

    /// Adds another amount.
    pub fn add(&mut self, other: Self) {
        self.0 = self.0.plus(other.0);
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
        assert_eq!(Amount::parse(b"1e3"), None);
    }
}
