//! How many claims were taken and rejected, and for how much.

use crate::ack::{Amount, Format};

/// Totals of a set or a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Claims that were accepted.
    pub accepted: u64,
    /// Claims that were rejected.
    pub rejected: u64,
    /// Charges of the accepted ones.
    pub accepted_amount: Amount,
    /// Charges of the rejected ones.
    pub rejected_amount: Amount,
}

/// QTY01 of 2200B and of 2200C.
pub(super) const OF_RECEIVER: [&str; 2] = ["90", "AA"];
pub(super) const OF_PROVIDER: [&str; 2] = ["QA", "QC"];

impl Totals {
    pub(super) fn add(&mut self, charge: Amount, rejected: bool) {
        let (count, amount) = if rejected {
            (&mut self.rejected, &mut self.rejected_amount)
        } else {
            (&mut self.accepted, &mut self.accepted_amount)
        };
        *count += 1;
        amount.add(charge);
    }

    /// All claims, as though all were rejected.
    pub(super) fn all_rejected(self) -> Self {
        Self {
            rejected: self.accepted + self.rejected,
            rejected_amount: self.charge(),
            accepted: 0,
            accepted_amount: Amount::default(),
        }
    }

    /// The sum of all charges.
    pub fn charge(self) -> Amount {
        let mut sum = self.accepted_amount;
        sum.add(self.rejected_amount);
        sum
    }

    /// How many segments [`Totals::write`] takes.
    pub(super) fn segments(self) -> u64 {
        2 * (u64::from(self.accepted > 0) + u64::from(self.rejected > 0))
    }

    /// Appends QTY and AMT for what is not zero.
    pub(super) fn write(self, [accepted, rejected]: [&str; 2], format: &Format, out: &mut Vec<u8>) {
        for (qualifier, count) in [(accepted, self.accepted), (rejected, self.rejected)] {
            if count > 0 {
                format.segment(out, "QTY").element(qualifier).element(count.to_string()).end();
            }
        }
        for (qualifier, count, amount) in
            [("YU", self.accepted, self.accepted_amount), ("YY", self.rejected, self.rejected_amount)]
        {
            if count > 0 {
                format.segment(out, "AMT").element(qualifier).element(amount.to_string()).end();
            }
        }
    }
}
