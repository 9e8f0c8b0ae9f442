//! What an acknowledgment says of a finding.

use super::codes::{CodeList, meaning};
use crate::finding::{Fault, Finding};

/// Every code that acknowledgments carry for a finding, each with what it means: the 999's, and the claim's status in a 277CA.
pub fn answers(finding: &Finding) -> Vec<(String, Option<String>)> {
    let status = finding.status.map(Fault::Business).filter(|status| *status != finding.fault);
    let faults = [Some(finding.fault), status];
    faults.iter().flatten().filter_map(|fault| Some((code(fault)?, code_meaning(fault)))).collect()
}

/// The code that an acknowledgment carries for a fault, with its place there: `IK403 7`, `277CA A7:562`. `None` where none does.
fn code(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::Interchange(code) => format!("TA105 {}", code.code()),
        Fault::Group(code) => format!("AK905 {}", code.code()),
        Fault::Set(code) => format!("IK502 {}", code.code()),
        Fault::Segment(code) => format!("IK304 {}", code.code()),
        Fault::Element { code, .. } => format!("IK403 {}", code.code()),
        Fault::Business(code) => match code.entity {
            Some(entity) => format!("277CA {}:{}:{entity}", code.category, code.status),
            None => format!("277CA {}:{}", code.category, code.status),
        },
        Fault::None => return None,
    })
}

/// What that code means.
fn code_meaning(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Interchange(code) => meaning(CodeList::Ta105, code.code()).map(str::to_owned),
        Fault::Group(code) => meaning(CodeList::Ak905, code.code()).map(str::to_owned),
        Fault::Set(code) => meaning(CodeList::Ik502, code.code()).map(str::to_owned),
        Fault::Segment(code) => meaning(CodeList::Ik304, code.code()).map(str::to_owned),
        Fault::Element { code, .. } => meaning(CodeList::Ik403, code.code()).map(str::to_owned),
        Fault::Business(code) => {
            let category = meaning(CodeList::StatusCategory, code.category)?;
            let status = meaning(CodeList::Status, code.status);
            Some(status.map_or_else(|| category.to_owned(), |status| format!("{category}; {status}")))
        }
        Fault::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{BusinessCode, ElementCode, InterchangeCode};
    use crate::guide::{ElementId, Packed};

    #[test]
    fn names_the_place_of_the_code_and_its_meaning() {
        let element = Fault::Element { code: ElementCode::GuideCode, reference: ElementId::NONE };
        assert_eq!(code(&element).as_deref(), Some("IK403 I6"));
        assert_eq!(code_meaning(&element).as_deref(), Some("the guide does not use this code"));
        assert_eq!(code(&Fault::Interchange(InterchangeCode::Duplicate)).as_deref(), Some("TA105 025"));
        assert_eq!((code(&Fault::None), code_meaning(&Fault::None)), (None, None));
    }

    #[test]
    fn a_claim_status_names_its_entity() {
        let fault = Fault::Business(BusinessCode { category: "A7", status: "562", entity: Some(Packed::lit("82")) });
        assert_eq!(code(&fault).as_deref(), Some("277CA A7:562:82"));
        assert!(code_meaning(&fault).unwrap().contains("national provider identifier"));
    }
}
