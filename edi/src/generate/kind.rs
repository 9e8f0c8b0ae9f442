//! What stands in an element, by its place in the dictionary.

use super::story::Part;
use crate::guide::{Code, DataType, ElementUse, Guide, Node};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// One of these by the sort of the set, or of the item, so that what goes with it can go by the same.
    BySet(&'static [&'static str]),
    BySort(&'static [&'static str]),
    /// This in items of these sorts, nothing in others.
    IfSort(&'static [u8], &'static Kind),
    /// The elements of one of these rows.
    Row(&'static [&'static [&'static str]]),
    /// The components of one of these rows: a whole composite.
    Components(&'static [&'static [&'static str]]),
    /// HL01.
    HlNumber,
    /// HL02.
    HlParent,
    /// HL04.
    HlChild,
    /// `18` where the subscriber is the patient.
    Relation,
    /// BHT03: unique in the file.
    BatchReference,
    /// CLM01, TRN02: unique by the seed.
    ItemId,
    LastName,
    FirstName,
    Organization,
    PayerName,
    PayerId,
    SenderId,
    ReceiverId,
    Npi,
    /// An NPI whose check digit is wrong in a bad claim.
    ItemNpi,
    MemberId,
    /// So many digits.
    Digits(u32),
    Street,
    City,
    State,
    Zip,
    Phone,
    Today,
    Now,
    BirthDate,
    ServiceDate,
    ServicePeriod,
    LineCharge,
    LineNumber,
    Units,
    Amount,
    /// All of HI from its first element on.
    Diagnoses,
    /// A diagnosis code.
    Diagnosis,
    Procedure,
    Taxonomy,
    /// A text of at least and at most so many characters.
    Text(u32, u32),
    /// A number in the place of a social security number that nobody has.
    Ssn,
    /// What the set's story says.
    Of(Part),
}

/// A value that is known when the guide is compiled, or where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Fixed(Code),
    Drawn(Kind),
}

/// Codes that are taken before others, by element: the trade's usual ones.
const USUAL: &[(&str, &[&str])] = &[
    ("98", &["1P", "PR"]),
    ("26", &["US"]),
    ("128", &["EI"]),
    ("353", &["00", "13", "11"]),
    ("365", &["TE"]),
    ("366", &["IC"]),
    ("640", &["CH"]),
    ("1073", &["Y"]),
    ("1138", &["P"]),
    ("1250", &["D8"]),
    ("1270", &["ABK", "ABF"]),
    ("235", &["HC"]),
    ("355", &["UN"]),
    ("1331", &["11"]),
    ("1332", &["B"]),
    ("1359", &["A"]),
    ("1365", &["30"]),
    ("374", &["472", "291"]),
];
/// NM101 of those who are people.
const PEOPLE: &[&str] = &[
    "IL", "QC", "03", "82", "DN", "P3", "DQ", "DK", "71", "72", "DD", "ZZ", "74", "70", "GB", "S3", "6Y", "9K", "E1",
    "EI", "EXS", "GD", "J6", "LR", "QD", "S1", "TZ", "X4", "DO", "EY", "QE",
];

fn has(guide: &Guide, element: &ElementUse, code: &str) -> bool {
    guide.codes_of(element).contains(&Code::lit(code))
}

/// Who a segment names: the code of its NM101 or the like.
fn entity(guide: &Guide, node: &Node) -> Code {
    let element = guide.elements_of(node).iter().find(|element| element.element.as_str() == "98");
    element.and_then(|element| usual_code(guide, node, element)).unwrap_or_default()
}

/// Whether a segment names a person.
pub(super) fn is_person(guide: &Guide, node: &Node) -> bool {
    PEOPLE.contains(&entity(guide, node).as_str())
}

/// The code that is used of those that an element allows.
fn usual_code(guide: &Guide, node: &Node, element: &ElementUse) -> Option<Code> {
    let codes = guide.codes_of(element);
    let usual: &[&str] = match element.element.as_str() {
        "1065" if is_person(guide, node) => &["1"],
        "1065" => &["2"],
        "66" if is_person(guide, node) => &["MI", "XX"],
        "66" if entity(guide, node).as_str() == "PR" => &["PI", "XV"],
        "66" => &["XX", "46"],
        id => USUAL.iter().find(|(usual, _)| *usual == id).map_or(&[], |(_, codes)| codes),
    };
    let usual = usual.iter().find(|code| has(guide, element, code)).map(|code| Code::lit(code));
    usual.or(codes.first().copied())
}

/// The value of an element. `qualifier` is the code that stands in the element before it.
pub(super) fn value(guide: &Guide, node: &Node, element: &ElementUse, qualifier: Option<Code>) -> Value {
    match element.element.as_str() {
        "736" => return Value::Drawn(Kind::HlChild),
        "156" => return Value::Drawn(Kind::State),
        _ => {}
    }
    if let Some(code) = usual_code(guide, node, element) {
        return Value::Fixed(code);
    }
    let qualifier = qualifier.as_ref().map(Code::as_str).unwrap_or_default();
    let (segment, entity) = (node.segment.as_str(), entity(guide, node));
    Value::Drawn(match (element.element.as_str(), segment, qualifier) {
        ("628", ..) => Kind::HlNumber,
        ("734", ..) => Kind::HlParent,
        ("127", "BHT", _) => Kind::BatchReference,
        ("127", "TRN", _) | ("1028", ..) => Kind::ItemId,
        ("127", _, "PXC") => Kind::Taxonomy,
        ("127", "MIA" | "MOA", _) => Kind::OneOf(&["MA01", "MA18", "N19"]),
        ("1035", ..) if is_person(guide, node) => Kind::LastName,
        ("1035", ..) if entity.as_str() == "PR" => Kind::PayerName,
        ("1035" | "93", ..) => Kind::Organization,
        ("1036" | "1037", ..) => Kind::FirstName,
        ("67", _, "XX") => Kind::Npi,
        ("67", _, "MI" | "II") => Kind::MemberId,
        ("67", _, "34") => Kind::Ssn,
        ("67", _, "PI" | "XV") => Kind::PayerId,
        ("67", _, "46") if entity.as_str() == "40" => Kind::ReceiverId,
        ("67", _, "46") => Kind::SenderId,
        ("166", ..) => Kind::Street,
        ("19", ..) => Kind::City,
        ("116", ..) => Kind::Zip,
        ("364", ..) => Kind::Phone,
        ("373", "BHT", _) => Kind::Today,
        ("1251", "DMG", _) => Kind::BirthDate,
        ("1251", _, "RD8") => Kind::ServicePeriod,
        ("1251", ..) | ("373", ..) => Kind::ServiceDate,
        ("554", ..) => Kind::LineNumber,
        ("782", ..) => Kind::Amount,
        ("1271", _, "ABK" | "ABF") => Kind::Diagnosis,
        // Status of a claim: acknowledged, and its number is known.
        ("1271", "STC", _) if element.position == 1 => Kind::OneOf(&["A1"]),
        ("1271", "STC", _) => Kind::OneOf(&["20"]),
        ("234", ..) => Kind::Procedure,
        _ => by_type(element),
    })
}

fn by_type(element: &ElementUse) -> Kind {
    match element.data_type {
        DataType::Dt => Kind::ServiceDate,
        DataType::Tm => Kind::Now,
        DataType::R | DataType::N(_) => Kind::Digits(element.min.max(1)),
        _ if element.element.as_str() == "127"
            || element.element.as_str() == "67"
            || element.element.as_str() == "509" =>
        {
            Kind::Digits(9.clamp(element.min, element.max))
        }
        _ => Kind::Text(element.min, element.max),
    }
}
