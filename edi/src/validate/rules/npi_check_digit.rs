//! A National Provider Identifier has ten digits, starts with 1 or 2, and its last digit is the check digit: the Luhn sum over
//! `80840` and the identifier is a multiple of ten (45 CFR 162.406). It is looked for where a qualifier announces it: NM109 where
//! NM108 is `XX`, REF02 where REF01 is `HPI`, PRV03 where PRV02 is `HPI`.
//!
//! Fails: `NM1*85*2*CLINIC*****XX*1234567890~`: the check digit is 3.
//!
//! Passes: `NM1*85*2*CLINIC*****XX*1234567893~`.
//!
//! Code: in a claim's 277CA A7:562 with the entity of NM101; where a set is rejected as a whole, IK403 7.

use super::{Check, Complaint, Rule, Seen, is, never};
use crate::finding::{BusinessCode, ElementCode, RuleId, RuleInfo, Severity, Snip};
use crate::guide::{Code, Guide, NodeIx, Packed};

static INFO: RuleInfo = RuleInfo {
    id: RuleId("npi-check-digit"),
    snip: Snip::CodeSet,
    severity: Severity::Error,
    source: include_str!("npi_check_digit.rs"),
};

pub(super) const RULE: Rule = Rule { info: &INFO, binds, closes: never, start: || Box::new(NpiCheckDigit) };

/// Segment, element of the qualifier, qualifier, element of the identifier.
const PLACES: [(&str, u8, &str, u8); 3] = [("NM1", 8, "XX", 9), ("REF", 1, "HPI", 2), ("PRV", 2, "HPI", 3)];

/// Only where the guide lets the qualifier stand.
fn binds(guide: &Guide, node: NodeIx) -> bool {
    PLACES.iter().any(|(segment, qualifier, code, _)| {
        let elements = guide.elements_of(guide.node(node));
        is(guide, node, segment)
            && elements.get(usize::from(*qualifier) - 1).is_some_and(|used| {
                let codes = guide.codes_of(used);
                codes.is_empty() || codes.contains(&Code::lit(code))
            })
    })
}

#[derive(Debug)]
struct NpiCheckDigit;

impl Check for NpiCheckDigit {
    fn segment(&mut self, _: &Guide, seen: &Seen<'_>, found: &mut Vec<Complaint>) {
        for (segment, qualifier, code, element) in PLACES {
            if seen.segment.id_bytes() != segment.as_bytes() {
                continue;
            }
            let announced = seen.segment.element(usize::from(qualifier)) == Some(code.as_bytes());
            let Some(npi) = seen.segment.element(usize::from(element)).filter(|_| announced) else { continue };
            if is_npi(npi) {
                continue;
            }
            let entity = seen.segment.element(1).filter(|_| segment == "NM1").map(Packed::pack);
            found.push(Complaint {
                rule: &INFO,
                at: seen.spot(u16::from(element)),
                message: "expected an NPI of ten digits with its check digit, found another value".to_owned(),
                business: BusinessCode { category: "A7", status: "562", entity },
                element: ElementCode::Code,
                triggers: Vec::new(),
            });
        }
    }
}

/// Ten digits, the first 1 or 2, whose Luhn sum with the prefix 80840 (which adds 24) is a multiple of ten.
fn is_npi(value: &[u8]) -> bool {
    if value.len() != 10 || !value.iter().all(u8::is_ascii_digit) || !matches!(value.first(), Some(b'1' | b'2')) {
        return false;
    }
    let sum = value.iter().rev().enumerate().fold(24u32, |sum, (at, digit)| {
        let digit = u32::from(digit - b'0');
        let doubled = if at % 2 == 1 { digit * 2 } else { digit };
        sum + doubled / 10 + doubled % 10
    });
    sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_counts() {
        assert!(is_npi(b"1234567893"));
        for bad in ["1234567890", "123456789", "12345678933", "3234567893", "12345A7893", ""] {
            assert!(!is_npi(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn one_last_digit_of_ten_is_right() {
        let right = (0..10).filter(|digit| is_npi(format!("124567890{digit}").as_bytes()));
        assert_eq!(right.count(), 1);
    }
}
