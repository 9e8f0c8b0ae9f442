//! A premium payment: what an organization or its people owe, adjusted, adds up to what is paid.

use super::super::random::Random;
use super::remittance::{RECEIVER_BANK, SENDER_BANK};
use super::{Fact, Part, Pen, Stage, TURNS, Turns, seed_of, turn};

/// Adjustments of one amount at most.
const ADJUSTMENTS_MAX: usize = 2;
/// Reasons of an adjustment of this payment.
const REASONS: &[&str] = &["20", "52", "53", "AA", "AX", "H1", "H6", "IA", "J3"];

/// One RMR. Amounts are cents.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    billed: i64,
    adjustments: [(&'static str, i64); ADJUSTMENTS_MAX],
    count: usize,
    heads: u64,
    month: u64,
}

/// One set.
#[derive(Debug, Default)]
pub(in super::super) struct Premium {
    seed: u64,
    next: u64,
    amounts: u64,
    total: i64,
    organization: bool,
    check: bool,
    payer: u64,
    entity: u64,
    entity_left: u64,
    entity_is_new: bool,
    /// An earlier payment of this entity is put right.
    earlier: i64,
    amount: Amount,
}

impl Amount {
    fn draw(&mut self, seed: u64, void: bool) {
        let random = &mut Random::new(seed);
        self.billed = random.between(200, 9000) as i64 * 10;
        self.count = random.pick(&[0, 0, 0, 1, 1, 2]);
        for slot in &mut self.adjustments {
            *slot = (random.pick(REASONS), random.between(1, 400) as i64 * random.pick(&[-5, -5, 5]));
        }
        if void {
            (self.count, self.adjustments) = (1, [("AA", -self.billed); ADJUSTMENTS_MAX]);
        }
        self.heads = random.between(1, 400);
        self.month = random.between(1, 12);
    }

    fn adjustments(&self) -> &[(&'static str, i64)] {
        self.adjustments.get(..self.count).unwrap_or_default()
    }

    fn paid(&self) -> i64 {
        self.billed + self.adjustments().iter().map(|(_, cents)| cents).sum::<i64>()
    }
}

impl Premium {
    /// Every twentieth set or so pays nothing.
    fn void(&self) -> bool {
        self.seed.is_multiple_of(20)
    }

    pub(super) fn begin_set(&mut self, seed: u64, _: &Stage, amounts: u64) {
        (self.seed, self.amounts, self.next) = (seed, amounts, 0);
        (self.entity, self.entity_left, self.total) = (0, 0, 0);
        for amount in 0..amounts {
            self.amount.draw(seed_of(seed, amount), self.void());
            self.total += self.amount.paid();
        }
        let random = &mut Random::new(seed);
        self.organization = random.chance(40);
        self.check = random.chance(30);
        self.payer = 1_000_000_000 + random.between(100_000_000, 999_999_999);
    }

    pub(super) fn begin_item(&mut self) {
        self.entity_is_new = self.entity_left == 0;
        if self.entity_is_new {
            let random = &mut Random::new(seed_of(!self.seed, self.next));
            self.entity += 1;
            let left = self.amounts - self.next;
            self.entity_left = if self.organization { left } else { random.pick(&[1, 1, 2, 3]).min(left) };
            self.earlier = if random.chance(15) { random.between(1, 900) as i64 * 10 } else { 0 };
        }
        self.amount.draw(seed_of(self.seed, self.next), self.void());
        self.entity_left -= 1;
        self.next += 1;
    }

    /// The organization's loops, or the individuals'.
    pub(super) fn way(&self) -> usize {
        usize::from(!self.organization)
    }

    pub(super) fn keeps_entity(&self) -> bool {
        !self.entity_is_new
    }

    pub(super) fn holds(&self, fact: Fact) -> bool {
        match fact {
            Fact::Adjusted => self.amount.count > 0,
            Fact::Addressed => self.seed.is_multiple_of(2),
            _ => false,
        }
    }

    pub(super) fn times(&self, what: Turns) -> usize {
        match what {
            Turns::PremiumAdjustments => self.amount.count,
            Turns::EarlierAdjustments if self.earlier != 0 => 2,
            _ => 0,
        }
    }

    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        match part {
            Part::Financial => self.write_financial(stage, pen),
            Part::PayerTaxId => pen.number(self.payer),
            Part::Entity => pen.number(self.entity),
            Part::Remittance => {
                pen.text(if self.organization { "IK" } else { "AZ" });
                pen.id(&stage.run, b'R', stage.item);
                pen.text(if self.organization { "PI" } else { "" });
                pen.amount(self.amount.paid());
                if self.amount.count > 0 {
                    pen.amount(self.amount.billed);
                }
            }
            Part::PremiumAdjustment => {
                let at = turn(turns, Turns::PremiumAdjustments);
                let (reason, cents) = self.amount.adjustments().get(at).copied().unwrap_or_default();
                pen.amount(cents);
                pen.text(reason);
            }
            // Both together change nothing, so the payment adds up whether they count or not.
            Part::EarlierAdjustment if turn(turns, Turns::EarlierAdjustments) == 0 => {
                pen.amount(self.earlier);
                pen.text("52");
            }
            Part::EarlierAdjustment => {
                pen.amount(-self.earlier);
                pen.text("53");
            }
            Part::Period => {
                let first = (stage.year - 1) * 10_000 + self.amount.month * 100 + 1;
                pen.period(first, first + 27);
            }
            Part::HeadCount => pen.number(self.amount.heads),
            _ => {}
        }
    }

    fn write_financial(&self, stage: &Stage, pen: &mut Pen<'_>) {
        let nothing = self.total == 0;
        pen.text(if nothing { "I" } else { "C" });
        pen.amount(self.total);
        pen.text("C");
        pen.text(if nothing {
            "NON"
        } else if self.check {
            "CHK"
        } else {
            "ACH"
        });
        if nothing || self.check {
            pen.skip(5);
            pen.number(self.payer);
            pen.skip(5);
        } else {
            for text in ["CTX", "01", SENDER_BANK, "DA", "1000200030"] {
                pen.text(text);
            }
            pen.number(self.payer);
            for text in ["", "01", RECEIVER_BANK, "DA", "4000500060"] {
                pen.text(text);
            }
        }
        pen.text(&stage.today);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_adds_up_over_all_amounts() {
        let stage = Stage::of(2026);
        let mut premium = Premium::default();
        for seed in 0..100 {
            premium.begin_set(seed, &stage, 30);
            let mut paid = 0;
            for _ in 0..30 {
                premium.begin_item();
                paid += premium.amount.paid();
            }
            assert_eq!(paid, premium.total);
            assert_eq!(premium.total == 0, premium.void());
        }
    }
}
