//! What the items of one set share: money that must add up over them, the families that they belong to.
//!
//! A story draws each item from a seed of its own. So a set's totals, which stand before its items, are known by drawing all of
//! them once, and nothing of them is kept.

mod answer;
mod enrollment;
mod payment;
mod pen;
mod premium;
mod remittance;

pub(super) use pen::Pen;

use self::answer::Answer;
use self::enrollment::Enrollment;
use self::payment::Payment;
use self::premium::Premium;
use super::random::Random;

/// What a story is told for: the file's own facts.
pub(super) struct Stage {
    /// Year of the file's envelopes.
    pub(super) year: u64,
    /// Date of the envelopes.
    pub(super) today: String,
    /// Begins every id of this file.
    pub(super) run: String,
    /// Ordinal of the item, from 1.
    pub(super) item: u64,
}

/// A circumstance that a step hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// A hospital stay, paid as one.
    Inpatient,
    /// Paid by its lines.
    ByLines,
    /// Sent on to another payer.
    Forwarded,
    /// Something is paid for the line.
    Allowed,
    /// The provider's claims are summed up.
    Summary,
    /// The other side's address is known.
    Addressed,
    /// The header counts the members.
    Totals,
    Subscriber,
    Child,
    /// A member whose name was wrong.
    Corrected,
    Categories,
    /// Health, not dental or vision.
    Medical,
    /// Coverage goes on.
    Covered,
    /// An adjustment of the amount that was billed.
    Adjusted,
    /// An answer that names faults.
    Refused,
}

/// What a step is repeated over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turns {
    Lines,
    /// Adjustment groups of the claim itself.
    ClaimAdjustments,
    /// Adjustment groups of the line.
    LineAdjustments,
    StatementDates,
    ProviderAdjustments,
    Totals,
    MemberDates,
    Coverages,
    CoverageDates,
    Categories,
    PremiumAdjustments,
    /// Adjustments of an earlier payment that make up for one another.
    EarlierAdjustments,
}

/// How many there are.
pub(super) const TURNS: usize = Turns::EarlierAdjustments as usize + 1;

/// A value, or the rest of a segment, that the story knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    // A payment.
    Financial,
    PayerTaxId,
    PayeeNpi,
    GroupNumber,
    GroupSummary,
    Claim,
    ClaimAdjustment,
    LineAdjustment,
    Service,
    ServiceDay,
    StatementQualifier,
    StatementDay,
    Stay,
    AllowedAmount,
    CoveredDays,
    ProviderAdjustment,
    // An enrollment.
    Action,
    TotalQualifier,
    Total,
    Member,
    MemberNumber,
    MemberEntity,
    BirthDay,
    MemberDate,
    Coverage,
    CoverageDate,
    Category,
    // A premium.
    Entity,
    Remittance,
    PremiumAdjustment,
    EarlierAdjustment,
    Period,
    HeadCount,
    // An answer.
    SetVerdict,
    GroupVerdict,
    Advice,
    AdviceAction,
}

/// The story of the set under way.
pub(super) enum Story {
    /// Items have nothing in common.
    Plain,
    Payment(Box<Payment>),
    Premium(Box<Premium>),
    Enrollment(Box<Enrollment>),
    Answer(Box<Answer>),
}

/// Most claims of a set: a set is one item, and what reads it may hold it whole.
const PAYMENT_CLAIMS_MAX: u64 = 1000;

/// How many items a set has; a file mixes small and large ones.
const SIZES: &[u64] = &[1, 1, 2, 4, 9, 25, 60, 150, 400, PAYMENT_CLAIMS_MAX];

impl Story {
    pub(super) fn of(set: &str) -> Self {
        match set {
            "835" => Self::Payment(Box::default()),
            "820" => Self::Premium(Box::default()),
            "834" => Self::Enrollment(Box::default()),
            "824" | "999" => Self::Answer(Box::default()),
            _ => Self::Plain,
        }
    }

    /// Begins a set of at most `items_max` items; gives how many it has.
    pub(super) fn begin_set(&mut self, random: &mut Random, stage: &Stage, items_max: u64) -> u64 {
        if let Self::Plain = self {
            return items_max;
        }
        let size = random.pick(SIZES).clamp(1, items_max.max(1));
        let seed = random.next();
        match self {
            Self::Payment(payment) => payment.begin_set(seed, stage, size),
            Self::Premium(premium) => premium.begin_set(seed, stage, size),
            Self::Enrollment(enrollment) => enrollment.begin_set(seed, size),
            Self::Answer(answer) => answer.begin_set(seed),
            Self::Plain => {}
        }
        size
    }

    /// Begins the next item of the set.
    pub(super) fn begin_item(&mut self, stage: &Stage) {
        match self {
            Self::Plain | Self::Answer(_) => {}
            Self::Payment(payment) => payment.begin_item(stage),
            Self::Premium(premium) => premium.begin_item(),
            Self::Enrollment(enrollment) => enrollment.begin_item(stage),
        }
    }

    /// Which of the ways to an item this one takes, where the story knows.
    pub(super) fn way(&self) -> Option<usize> {
        match self {
            Self::Premium(premium) => Some(premium.way()),
            Self::Payment(_) | Self::Enrollment(_) | Self::Answer(_) => Some(0),
            Self::Plain => None,
        }
    }

    /// Whether the item stands under the same levels as the one before, where the story knows.
    pub(super) fn keeps(&self) -> Option<bool> {
        match self {
            Self::Payment(payment) => Some(payment.keeps_group()),
            Self::Premium(premium) => Some(premium.keeps_entity()),
            Self::Plain | Self::Enrollment(_) | Self::Answer(_) => None,
        }
    }

    pub(super) fn holds(&self, fact: Fact, turns: &[usize; TURNS]) -> bool {
        match self {
            Self::Plain => false,
            Self::Payment(payment) => payment.holds(fact, turns),
            Self::Premium(premium) => premium.holds(fact),
            Self::Enrollment(enrollment) => enrollment.holds(fact, turns),
            Self::Answer(answer) => answer.holds(fact),
        }
    }

    /// How often a step comes; `None` where the story does not know.
    pub(super) fn times(&self, what: Turns, turns: &[usize; TURNS]) -> Option<usize> {
        match self {
            Self::Plain | Self::Answer(_) => None,
            Self::Payment(payment) => Some(payment.times(what, turns)),
            Self::Premium(premium) => Some(premium.times(what)),
            Self::Enrollment(enrollment) => Some(enrollment.times(what)),
        }
    }

    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        match self {
            Self::Plain => {}
            Self::Payment(payment) => payment.write(part, turns, stage, pen),
            Self::Premium(premium) => premium.write(part, turns, stage, pen),
            Self::Enrollment(enrollment) => enrollment.write(part, turns, stage, pen),
            Self::Answer(answer) => answer.write(part, pen),
        }
    }
}

/// The seed of a set's item.
fn seed_of(set: u64, item: u64) -> u64 {
    set ^ item.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The counter of what is repeated.
fn turn(turns: &[usize; TURNS], what: Turns) -> usize {
    turns.get(what as usize).copied().unwrap_or_default()
}

/// A day of a year, `CCYYMMDD`.
fn day(random: &mut Random, year: u64) -> u64 {
    year * 10_000 + random.between(1, 12) * 100 + random.between(1, 28)
}
