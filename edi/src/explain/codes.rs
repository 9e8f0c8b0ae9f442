//! What the codes of acknowledgments mean, in our own words.

/// The lists of codes that acknowledgments draw on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeList {
    /// TA104: the interchange's outcome.
    Ta104,
    /// TA105: the interchange's note.
    Ta105,
    /// IK501 and AK901: the outcome of a set or a group.
    Outcome,
    /// AK905 to AK909: what is wrong with a group.
    Ak905,
    /// IK502 to IK506: what is wrong with a set.
    Ik502,
    /// IK304: what is wrong with a segment.
    Ik304,
    /// IK403: what is wrong with an element.
    Ik403,
    /// STC01-1: the category of a claim's status.
    StatusCategory,
    /// STC01-2: a claim's status, those that this program writes or that are met most.
    Status,
    /// STC03: what was done with a claim.
    Action,
    /// OTI01: what an application does with a set or an item of it.
    Oti01,
    /// TED01: why.
    Ted01,
}

/// What a code of the list means; `None` for a code that the list has not.
pub fn meaning(list: CodeList, code: &str) -> Option<&'static str> {
    let table = match list {
        CodeList::Ta104 => TA104,
        CodeList::Ta105 => TA105,
        CodeList::Outcome => OUTCOME,
        CodeList::Ak905 => AK905,
        CodeList::Ik502 => IK502,
        CodeList::Ik304 => IK304,
        CodeList::Ik403 => IK403,
        CodeList::StatusCategory => STATUS_CATEGORY,
        CodeList::Status => STATUS,
        CodeList::Action => ACTION,
        CodeList::Oti01 => OTI01,
        CodeList::Ted01 => TED01,
    };
    table.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

type Table = &'static [(&'static str, &'static str)];

const TA104: Table = &[
    ("A", "the interchange was accepted"),
    ("E", "the interchange was accepted, though its envelope has errors"),
    ("R", "the interchange was rejected; nothing in it is processed"),
];

const TA105: Table = &[
    ("000", "no error"),
    ("001", "the control numbers of ISA and IEA differ"),
    ("002", "the standard named in the control standards identifier is not supported"),
    ("003", "this version of the controls is not supported"),
    ("004", "the segment terminator cannot serve"),
    ("005", "the sender's identifier qualifier is not valid"),
    ("006", "the sender's identifier is not valid or not known"),
    ("007", "the receiver's identifier qualifier is not valid"),
    ("008", "the receiver's identifier is not valid"),
    ("009", "the receiver is not known"),
    ("010", "the authorization qualifier is not valid"),
    ("011", "the authorization information is not valid"),
    ("012", "the security qualifier is not valid"),
    ("013", "the security information is not valid"),
    ("014", "the interchange date is not valid"),
    ("015", "the interchange time is not valid"),
    ("016", "the standards identifier is not valid"),
    ("017", "the version identifier is not valid"),
    ("018", "the control number is not valid"),
    ("019", "the acknowledgment request is neither 0 nor 1"),
    ("020", "the usage indicator is neither T nor P"),
    ("021", "IEA's count of groups is not the number of groups"),
    ("022", "the control structure is not valid"),
    ("023", "the end came before IEA"),
    ("024", "the content is not valid"),
    ("025", "the control number was used before"),
    ("026", "the element separator cannot serve"),
    ("027", "the component separator cannot serve"),
    ("028", "the date of deferred delivery is not valid"),
    ("029", "the time of deferred delivery is not valid"),
    ("030", "the code of deferred delivery is not valid"),
    ("031", "the grade of service is not valid"),
];

const OUTCOME: Table = &[
    ("A", "accepted"),
    ("E", "accepted, though errors were found"),
    ("M", "rejected: message authentication failed"),
    ("P", "partly accepted: at least one set was rejected"),
    ("R", "rejected"),
    ("W", "rejected: assurance failed its validity tests"),
    ("X", "rejected: content could not be analysed after decryption"),
];

const AK905: Table = &[
    ("1", "this kind of group is not supported, or GS01 does not fit the sets"),
    ("2", "this version (GS08) is not supported"),
    ("3", "the group's trailer GE is missing"),
    ("4", "the control numbers of GS and GE differ"),
    ("5", "GE's count of sets is not the number of sets"),
    ("6", "the group's control number is not valid"),
    ("10", "the authentication key's name is not known"),
    ("11", "the encryption key's name is not known"),
    ("12", "the security service that was asked for is not available"),
    ("13", "the security recipient is not known"),
    ("14", "the security originator is not known"),
    ("15", "the decrypted text has syntax errors"),
    ("16", "security is not supported"),
    ("17", "the encrypted message has another length than it says"),
    ("18", "the message authentication code failed"),
    ("19", "the group's control number is not unique in its interchange"),
    ("23", "S3E is missing for S3S"),
    ("24", "S3S is missing for S3E"),
    ("25", "S4E is missing for S4S"),
    ("26", "S4S is missing for S4E"),
];

const IK502: Table = &[
    ("1", "this transaction set is not supported"),
    ("2", "the set's trailer SE is missing"),
    ("3", "the control numbers of ST and SE differ"),
    ("4", "SE's count of segments is not the number of segments"),
    ("5", "one or more segments have errors"),
    ("6", "the set's identifier (ST01) is missing or not valid"),
    ("7", "the set's control number is missing or not valid"),
    ("8", "the authentication key's name is not known"),
    ("9", "the encryption key's name is not known"),
    ("10", "the security service that was asked for is not available"),
    ("11", "the security recipient is not known"),
    ("12", "the encrypted message has another length than it says"),
    ("13", "the message authentication code failed"),
    ("15", "the security originator is not known"),
    ("16", "the decrypted text has syntax errors"),
    ("17", "security is not supported"),
    ("18", "this transaction set does not belong in its group"),
    ("19", "ST03 names no implementation guide, or not that of its group"),
    ("23", "the set's control number is not unique in its group"),
    ("24", "S3E is missing for S3S"),
    ("25", "S3S is missing for S3E"),
    ("26", "S4E is missing for S4S"),
    ("27", "S4S is missing for S4E"),
    ("I5", "one or more segments do not fit the implementation guide"),
    ("I6", "the implementation guide is not supported"),
];

const IK304: Table = &[
    ("1", "no segment has this identifier"),
    ("2", "the segment was not expected here"),
    ("3", "a required segment is missing"),
    ("4", "the loop comes more often than it may"),
    ("5", "the segment comes more often than it may"),
    ("6", "the segment does not belong to this transaction set"),
    ("7", "the segment is out of sequence"),
    ("8", "the segment has element errors"),
    ("I4", "the guide does not use this segment"),
    ("I6", "a segment is missing that the situation requires"),
    ("I7", "the loop comes less often than the guide requires"),
    ("I8", "the segment comes less often than the guide requires"),
    ("I9", "the segment may not stand in this situation"),
];

const IK403: Table = &[
    ("1", "a required element is missing"),
    ("2", "an element is missing that another one requires"),
    ("3", "the segment has more elements than it may"),
    ("4", "the value is too short"),
    ("5", "the value is too long"),
    ("6", "the value holds a character that it may not"),
    ("7", "the code is not on the element's list"),
    ("8", "the date is not valid"),
    ("9", "the time is not valid"),
    ("10", "two elements exclude each other"),
    ("12", "the element repeats more often than it may"),
    ("13", "the composite has more components than it may"),
    ("I6", "the guide does not use this code"),
    ("I9", "an element is missing that the situation requires"),
    ("I10", "the guide does not use this element"),
    ("I11", "the element repeats less often than the guide requires"),
    ("I12", "the value does not have the form that the guide requires"),
    ("I13", "the element may not stand in this situation"),
];

const STATUS_CATEGORY: Table = &[
    ("A0", "forwarded to another entity"),
    ("A1", "received, not yet accepted for adjudication"),
    ("A2", "accepted into adjudication"),
    ("A3", "returned as unprocessable; it was not entered into adjudication"),
    ("A4", "not found"),
    ("A5", "split on acceptance into adjudication"),
    ("A6", "rejected: information is missing"),
    ("A7", "rejected: information is not valid"),
    ("A8", "rejected: fields contradict each other"),
    ("D0", "the search found nothing"),
    ("E0", "the request cannot be answered"),
    ("E1", "the responding system is down"),
    ("E2", "the information holder does not respond"),
    ("E3", "the request needs correction"),
    ("E4", "the trading partner's agreement does not cover this"),
    ("F0", "finalized"),
    ("F1", "finalized: payment"),
    ("F2", "finalized: denial"),
    ("F3", "finalized: revised"),
    ("F3F", "finalized: forwarded"),
    ("F3N", "finalized: not forwarded"),
    ("F4", "finalized: adjudicated, no payment"),
    ("P0", "pending"),
    ("P1", "pending: in process"),
    ("P2", "pending: in review"),
    ("P3", "pending: the payer asked the provider for information"),
    ("P4", "pending: the payer asked the patient for information"),
    ("P5", "pending: administrative hold"),
    ("R0", "the payer asks for additional information"),
];

/// Facts: X12's external code list 508.
const STATUS: Table = &[
    ("0", "no further status can be given"),
    ("16", "forwarded to the entity"),
    ("19", "the entity acknowledges receipt"),
    ("20", "accepted for processing"),
    ("21", "information is missing or not valid"),
    ("23", "returned to the entity"),
    ("24", "the entity is not approved as an electronic submitter"),
    ("26", "the entity was not found"),
    ("33", "the subscriber and the subscriber's identifier were not found"),
    ("78", "duplicate of a claim or line that is awaiting processing"),
    ("116", "the claim was sent to the wrong payer"),
    ("121", "more service lines than the payer takes"),
    ("124", "the entity's name, address, phone and identifier"),
    ("125", "the entity's name"),
    ("126", "the entity's address"),
    ("128", "the entity's tax identifier"),
    ("145", "the entity's taxonomy code"),
    ("153", "the entity's identifier"),
    ("156", "the patient's relationship to the subscriber"),
    ("157", "the entity's gender"),
    ("158", "the entity's date of birth"),
    ("164", "the entity's contract or member number"),
    ("178", "the submitted charges"),
    ("187", "the dates of service"),
    ("188", "the statement's from and through dates"),
    ("189", "the admission date"),
    ("190", "the discharge date"),
    ("195", "the dates of a disability"),
    ("201", "the day of an earlier placement of a dental appliance"),
    ("214", "the day of the prescription or order"),
    ("218", "the national drug code"),
    ("228", "the type of bill"),
    ("229", "the source of the admission"),
    ("232", "the admitting diagnosis"),
    ("233", "the hour of discharge"),
    ("234", "the patient's status at discharge"),
    ("240", "the surfaces of a tooth"),
    ("242", "teeth, surfaces or quadrants"),
    ("247", "a service line"),
    ("249", "the place of service"),
    ("252", "the entity's authorization number"),
    ("255", "a diagnosis code"),
    ("256", "the diagnosis related group"),
    ("266", "where an ambulance came from and went to"),
    ("286", "what another payer paid and adjusted"),
    ("306", "a description of the service"),
    ("337", "the certification of an ambulance"),
    ("384", "whether a prosthesis is a first one or a replacement"),
    ("400", "the claim's charge and its lines do not balance"),
    ("428", "the reason for a transport"),
    ("453", "a procedure code's modifier"),
    ("454", "the procedure code"),
    ("455", "the revenue code"),
    ("456", "the covered days"),
    ("460", "a condition code"),
    ("464", "the payer's claim control number"),
    ("465", "the principal procedure"),
    ("476", "the units of service"),
    ("477", "the diagnosis code pointer"),
    ("478", "the claim submitter's identifier"),
    ("480", "the entity's claim filing indicator"),
    ("481", "the format of the claim or submission"),
    ("488", "the diagnoses of the service"),
    ("489", "the attachment's control number"),
    ("496", "the submitter is not approved to submit for this entity"),
    ("500", "the entity's postal code"),
    ("507", "the HCPCS code"),
    ("513", "the HIPPS code"),
    ("519", "the amount of an adjustment"),
    ("521", "the reason of an adjustment"),
    ("525", "the day on which therapy began"),
    ("529", "the day of a revised certification"),
    ("535", "the claim frequency code"),
    ("544", "the laboratory's CLIA number"),
    ("562", "the entity's national provider identifier"),
    ("564", "the EPSDT referral"),
    ("578", "the type of insurance"),
    ("583", "the line's charge"),
    ("584", "the line's control number"),
    ("596", "the non-covered charge"),
    ("605", "the months of orthodontic treatment"),
    ("629", "the property and casualty claim's number"),
    ("633", "the cause of the condition"),
    ("634", "a remark code"),
    ("659", "the unit of measurement"),
    ("664", "the day on which an orthodontic appliance was placed"),
    ("669", "a description of the dental service"),
    ("673", "the patient's reason for the visit"),
    ("688", "whether a diagnosis was present on admission"),
    ("701", "the day of the first treatment"),
    ("715", "the day of the acute manifestation"),
    ("719", "an occurrence code"),
    ("720", "the day of an occurrence"),
    ("721", "an occurrence span code"),
    ("725", "a value code"),
    ("727", "the day of the accident"),
    ("740", "where an ambulance brought the patient"),
    ("746", "the submission was made before"),
    ("750", "the state of an automobile accident"),
];

const ACTION: Table = &[("U", "rejected"), ("WQ", "accepted")];

const OTI01: Table = &[
    ("GA", "the application accepted the group"),
    ("GE", "the application accepted the group, though with errors"),
    ("GP", "the application accepted a part of the group"),
    ("GR", "the application rejected the group"),
    ("IA", "the application accepted the item"),
    ("IC", "the application accepted the item with changes"),
    ("IE", "the application accepted the item, though with errors"),
    ("IP", "the application accepted a part of the item"),
    ("IR", "the application rejected the item"),
    ("TA", "the application accepted the set"),
    ("TC", "the application accepted the set with changes"),
    ("TE", "the application accepted the set, though with errors"),
    ("TP", "the application accepted a part of the set"),
    ("TR", "the application rejected the set"),
];

const TED01: Table = &[
    ("006", "duplicate"),
    ("007", "data are missing"),
    ("008", "out of range"),
    ("009", "the date is not valid"),
    ("010", "a total is out of balance"),
    ("011", "something does not match"),
    ("012", "the combination is not valid"),
    ("024", "another reason"),
    ("848", "the data are incorrect"),
    ("OTH", "another reason"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explains_codes_and_says_nothing_of_others() {
        assert_eq!(meaning(CodeList::Ta105, "025"), Some("the control number was used before"));
        assert_eq!(meaning(CodeList::Ik304, "I6"), Some("a segment is missing that the situation requires"));
        assert_eq!(meaning(CodeList::Ik403, "11"), None);
        assert_eq!(meaning(CodeList::StatusCategory, "A7"), Some("rejected: information is not valid"));
    }

    #[test]
    fn knows_every_claim_status_that_a_rule_gives() {
        for rule in crate::validate::rules::rules() {
            let code = rule.code();
            let Some((_, status)) = code.split_once("277CA ").and_then(|(_, rest)| rest.split_once(':')) else {
                continue;
            };
            let status = status.split([':', ';', ' ']).next().unwrap_or_default();
            assert!(meaning(CodeList::Status, status).is_some(), "{}: {status}", rule.id);
        }
    }

    #[test]
    fn has_each_note_of_the_interchange_once() {
        assert_eq!(TA105.len(), 32);
        assert!(TA105.iter().enumerate().all(|(n, (code, _))| *code == format!("{n:03}")));
    }

    #[test]
    fn has_each_code_once() {
        for table in [TA104, OUTCOME, AK905, IK502, IK304, IK403, STATUS_CATEGORY, STATUS, ACTION, OTI01, TED01] {
            let codes: std::collections::HashSet<_> = table.iter().map(|(code, _)| code).collect();
            assert_eq!(codes.len(), table.len());
        }
    }
}
