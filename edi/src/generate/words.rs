//! What the synthetic people, places and services are called. Everything here is made up or a public code's format;
//! the people are planets, trees and colours so that nobody takes a generated file for a real one.

pub(super) const LAST_NAMES: &[&str] = &[
    "SAMPLE",
    "TESTER",
    "SPECIMEN",
    "EXAMPLE",
    "MOCKMAN",
    "FAKELY",
    "DUMMET",
    "TRIALL",
    "PROTO",
    "DEMOSON",
    "PLACEHOLD",
    "SYNTHIA",
    "PATTERN",
    "MODELL",
    "FIXTURE",
    "FICTION",
];

pub(super) const FIRST_NAMES: &[&str] = &[
    "AMBER", "ASH", "BIRCH", "CEDAR", "CORAL", "FERN", "HAZEL", "IRIS", "IVY", "JADE", "JUNIPER", "LAUREL", "LINDEN",
    "OLIVE", "ROWAN", "RUBY", "SAGE", "SKY", "VIOLET", "WILLOW",
];

pub(super) const ORGANIZATIONS: &[&str] = &[
    "SYNTHETIC FAMILY PRACTICE",
    "EXAMPLE MEDICAL GROUP",
    "SPECIMEN CLINIC",
    "DEMO INTERNAL MEDICINE",
    "FICTIONAL HEALTH ASSOCIATES",
    "SAMPLE ORTHOPEDICS",
    "MOCK PEDIATRICS",
    "TEST VALLEY PHYSICIANS",
];

pub(super) const PAYER_NAMES: &[&str] =
    &["SYNTHETIC HEALTH PLAN", "EXAMPLE MUTUAL", "DEMO INSURANCE", "SPECIMEN CARE ALLIANCE"];

pub(super) const STREETS: &[&str] = &[
    "IMAGINARY AVE",
    "NOWHERE ST",
    "SAMPLE RD",
    "SPECIMEN BLVD",
    "PLACEHOLDER LN",
    "TEST LOOP",
    "DEMO CT",
    "MOCKINGBIRD WAY",
];

/// City, state and the first five digits of its ZIP.
pub(super) const PLACES: &[(&str, &str, &str)] = &[
    ("COLUMBUS", "OH", "43215"),
    ("AUSTIN", "TX", "78701"),
    ("ALBANY", "NY", "12207"),
    ("DENVER", "CO", "80202"),
    ("SALEM", "OR", "97301"),
    ("MADISON", "WI", "53703"),
    ("RICHMOND", "VA", "23219"),
    ("BOISE", "ID", "83702"),
];

/// ICD-10-CM codes, without the dot.
pub(super) const DIAGNOSES: &[&str] = &[
    "E119", "I10", "J069", "M5450", "R079", "Z0000", "K219", "F411", "J45909", "N390", "E785", "L309", "H6690", "R519",
];

/// Procedure codes of HCPCS level II, which are free of licence.
pub(super) const PROCEDURES: &[&str] =
    &["G0101", "G0402", "G0438", "G0439", "G0463", "J1885", "J3420", "Q0091", "A4550", "T1015"];

/// Provider taxonomy codes.
pub(super) const TAXONOMIES: &[&str] = &["207Q00000X", "208D00000X", "207R00000X", "208000000X", "2084P0800X"];
