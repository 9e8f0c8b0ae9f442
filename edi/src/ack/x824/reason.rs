//! TED01 by what is wrong.

use crate::finding::{ElementCode, Fault, Finding, SegmentCode, Snip};

const MISSING: &str = "007";
const DATE: &str = "009";
const OUT_OF_BALANCE: &str = "010";
const COMBINATION: &str = "012";
const OTHER: &str = "024";
const INCORRECT: &str = "848";

/// The application error condition (647) that says what the finding says: something missing, a date that is none, a total that is out
/// of balance, things that do not go together, incorrect data, another reason.
pub fn reason_of(finding: &Finding) -> &'static str {
    if finding.snip == Snip::Balance {
        return OUT_OF_BALANCE;
    }
    match finding.fault {
        Fault::Business(code) => match code.category {
            "A6" => MISSING,
            "A8" => COMBINATION,
            _ => INCORRECT,
        },
        Fault::Segment(code) => match code {
            SegmentCode::Missing
            | SegmentCode::LoopUnderMin
            | SegmentCode::UnderMin
            | SegmentCode::DependentMissing => MISSING,
            SegmentCode::DependentNotUsed => COMBINATION,
            _ => OTHER,
        },
        Fault::Element { code, .. } => match code {
            ElementCode::Missing
            | ElementCode::ConditionMissing
            | ElementCode::DependentMissing
            | ElementCode::TooFewRepetitions => MISSING,
            ElementCode::Date | ElementCode::Time => DATE,
            ElementCode::Exclusion | ElementCode::DependentNotUsed => COMBINATION,
            _ => INCORRECT,
        },
        Fault::Interchange(_) | Fault::Group(_) | Fault::Set(_) | Fault::None => OTHER,
    }
}
