//! What the items of one set share: money that must add up over them, the families that they belong to.
//!
//! A story draws each item from a seed of its own. So a set's totals, which stand before its items, are known by drawing all of
//! them once, and nothing of them is kept.

mod answer;
mod claim;
mod enrollment;
mod payment;
mod pen;
mod premium;
mod receipt;
mod remittance;

pub(super) use claim::Case;
pub(super) use pen::Pen;
pub(super) use receipt::{Figure, Of};

use self::answer::Answer;
use self::claim::Claim;
use self::enrollment::Enrollment;
use self::payment::Payment;
use self::premium::Premium;
use self::receipt::Receipt;
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
    /// Cents by which a bad claim's charge is wrong.
    pub(super) wrong: i64,
}

#[cfg(test)]
impl Stage {
    fn of(year: u64) -> Self {
        Self { year, today: format!("{year}0115"), run: "SYN".to_owned(), item: 0, wrong: 0 }
    }
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
    /// A claim that is taken.
    Taken,
    /// There is something to tell of this figure.
    Told(Of, Figure),
    /// The set ends with its first level, which says why.
    NothingBelow,
    /// The item is one of these of [`SORTS`] sorts.
    Sort(&'static [u8]),
    /// The set is one of these of [`SET_SORTS`] sorts.
    Set(&'static [u8]),
    /// A claim of this kind.
    Case(Case),
    /// A stay that is over.
    Discharged,
    /// Lines have days of their own.
    Dated,
    /// Another claim is replaced or voided.
    Replaced,
    /// A claim that somebody is liable for.
    Casualty,
    Diagnosed,
    MoreDiagnoses,
    Operated,
    /// The other payer paid something or refused it.
    OtherPaid,
    /// ... for the claim as one.
    OtherPaidWhole,
    /// The other payer covers nothing of it.
    NotCovered,
    /// The line is a drug.
    Drug,
    /// The line is about a tooth.
    Tooth,
    /// The line replaces a prosthesis.
    Replacement,
    /// The line was bought from somebody else.
    Purchased,
    /// Done, not only planned.
    Treated,
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
    OtherPayers,
    /// Other payers' words on the line.
    Adjudications,
    /// Sets of an acknowledged group.
    Sets,
}

/// How many there are.
pub(super) const TURNS: usize = Turns::Sets as usize + 1;

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
    // A claim.
    Rank,
    Filing,
    InsuranceType,
    ClaimInformation,
    Diagnoses,
    MoreDiagnoses,
    /// The first diagnosis under this qualifier.
    Diagnosis(&'static str),
    PrincipalDiagnosis,
    ExternalCause,
    PrincipalOperation,
    OtherOperation,
    Span,
    Occurrence,
    Admission,
    InstitutionalCodes,
    ServiceLine,
    Procedure,
    Tooth,
    OtherRank,
    OtherFiling,
    OtherPayer,
    OtherPaid,
    OtherLeft,
    Adjudication,
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
    // An acknowledgment of claims.
    Told(Of, Figure),
    ClaimStatus,
    LineStatus,
}

/// Sorts of items and sets that differ in what goes together.
pub(super) const SORTS: u8 = 16;
pub(super) const SET_SORTS: u8 = 4;

/// The story of the set under way.
pub(super) enum Story {
    /// Items have nothing in common.
    Plain,
    Claim(Box<Claim>),
    Payment(Box<Payment>),
    Premium(Box<Premium>),
    Enrollment(Box<Enrollment>),
    Answer(Box<Answer>),
    Receipt(Box<Receipt>),
}

/// Most claims of a set: a set is one item, and what reads it may hold it whole.
const PAYMENT_CLAIMS_MAX: u64 = 1000;

/// The levels of an 837 down to the subscriber.
const SUBSCRIBER_LEVELS: usize = 2;

/// How many items a set has; a file mixes small and large ones.
const SIZES: &[u64] = &[1, 1, 2, 4, 9, 25, 60, 150, 400, PAYMENT_CLAIMS_MAX];

impl Story {
    pub(super) fn of(set: &str, revision: &str) -> Self {
        match set {
            "837" => Self::Claim(Box::new(Claim::of(revision))),
            "835" => Self::Payment(Box::default()),
            "820" => Self::Premium(Box::default()),
            "834" => Self::Enrollment(Box::default()),
            "824" | "999" => Self::Answer(Box::default()),
            "277" if revision.starts_with("005010X214") => Self::Receipt(Box::default()),
            _ => Self::Plain,
        }
    }

    /// Begins a set of at most `items_max` items; gives how many it has.
    pub(super) fn begin_set(&mut self, random: &mut Random, stage: &Stage, items_max: u64) -> u64 {
        match self {
            Self::Plain => return items_max,
            Self::Claim(claim) => {
                claim.begin_set(random.next());
                return items_max;
            }
            _ => {}
        }
        let size = random.pick(SIZES).clamp(1, items_max.max(1));
        let seed = random.next();
        match self {
            Self::Payment(payment) => payment.begin_set(seed, stage, size),
            Self::Premium(premium) => premium.begin_set(seed, stage, size),
            Self::Enrollment(enrollment) => enrollment.begin_set(seed, size),
            Self::Answer(answer) => answer.begin_set(seed, size),
            Self::Receipt(receipt) => receipt.begin_set(seed, size),
            Self::Plain | Self::Claim(_) => {}
        }
        size
    }

    /// Begins the next item of the set.
    pub(super) fn begin_item(&mut self, stage: &Stage) {
        match self {
            Self::Plain | Self::Claim(_) => {}
            Self::Answer(answer) => answer.begin_item(),
            Self::Receipt(receipt) => receipt.begin_item(),
            Self::Payment(payment) => payment.begin_item(stage),
            Self::Premium(premium) => premium.begin_item(),
            Self::Enrollment(enrollment) => enrollment.begin_item(stage),
        }
    }

    /// The item stands under so many of the levels that were open.
    pub(super) fn under(&mut self, kept: usize, stage: &Stage) {
        if let Self::Claim(claim) = self {
            claim.begin_item(stage, kept < SUBSCRIBER_LEVELS);
        }
    }

    /// The days of the item's services, where the story knows.
    pub(super) fn days(&self) -> Option<(u64, u64)> {
        match self {
            Self::Claim(claim) => Some(claim.days()),
            _ => None,
        }
    }

    /// Which of the ways to an item this one takes, where the story knows.
    pub(super) fn way(&self) -> Option<usize> {
        match self {
            Self::Premium(premium) => Some(premium.way()),
            Self::Payment(_) | Self::Enrollment(_) | Self::Answer(_) | Self::Receipt(_) => Some(0),
            Self::Plain | Self::Claim(_) => None,
        }
    }

    /// Under how many of the open levels the item stands, where the story knows.
    pub(super) fn kept(&self) -> Option<usize> {
        match self {
            Self::Payment(payment) => Some(usize::from(payment.keeps_group())),
            Self::Premium(premium) => Some(usize::from(premium.keeps_entity())),
            Self::Receipt(receipt) => Some(receipt.kept()),
            Self::Plain | Self::Claim(_) | Self::Enrollment(_) | Self::Answer(_) => None,
        }
    }

    pub(super) fn holds(&self, fact: Fact, turns: &[usize; TURNS]) -> bool {
        match self {
            Self::Plain => false,
            Self::Claim(claim) => claim.holds(fact, turns),
            Self::Payment(payment) => payment.holds(fact, turns),
            Self::Premium(premium) => premium.holds(fact),
            Self::Enrollment(enrollment) => enrollment.holds(fact, turns),
            Self::Answer(answer) => answer.holds(fact, turns),
            Self::Receipt(receipt) => receipt.holds(fact),
        }
    }

    /// How often a step comes; `None` where the story does not know.
    pub(super) fn times(&self, what: Turns, turns: &[usize; TURNS]) -> Option<usize> {
        match self {
            Self::Plain => None,
            Self::Answer(answer) => Some(answer.times(what)),
            Self::Receipt(receipt) => Some(receipt.times(what)),
            Self::Claim(claim) => Some(claim.times(what, turns)),
            Self::Payment(payment) => Some(payment.times(what, turns)),
            Self::Premium(premium) => Some(premium.times(what)),
            Self::Enrollment(enrollment) => Some(enrollment.times(what)),
        }
    }

    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        match self {
            Self::Plain => {}
            Self::Claim(claim) => claim.write(part, turns, stage, pen),
            Self::Payment(payment) => payment.write(part, turns, stage, pen),
            Self::Premium(premium) => premium.write(part, turns, stage, pen),
            Self::Enrollment(enrollment) => enrollment.write(part, turns, stage, pen),
            Self::Answer(answer) => answer.write(part, turns, pen),
            Self::Receipt(receipt) => receipt.write(part, turns, stage, pen),
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
