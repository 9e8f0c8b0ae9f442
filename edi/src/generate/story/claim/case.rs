//! What kinds of care are billed, and the lines that each brings.

use super::super::super::random::Random;
use super::Trade;

/// What a claim is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super::super) enum Case {
    // A professional's.
    #[default]
    Office,
    Ambulance,
    Anesthesia,
    Equipment,
    Visit,
    Accident,
    Laboratory,
    Vision,
    Injection,
    Chiropractic,
    // A hospital's or the like.
    Outpatient,
    Emergency,
    Inpatient,
    Interim,
    Newborn,
    Nursing,
    HomeHealth,
    // A dentist's.
    Checkup,
    Filling,
    Extraction,
    Scaling,
    Crown,
    Orthodontics,
    Predetermination,
}

use Case::{
    Accident, Ambulance, Anesthesia, Checkup, Chiropractic, Crown, Emergency, Equipment, Extraction, Filling,
    HomeHealth, Injection, Inpatient, Interim, Laboratory, Newborn, Nursing, Office, Orthodontics, Outpatient,
    Predetermination, Scaling, Vision, Visit,
};

const PROFESSIONAL: &[Case] = &[
    Office,
    Office,
    Office,
    Office,
    Office,
    Office,
    Office,
    Office,
    Office,
    Office,
    Office,
    Ambulance,
    Anesthesia,
    Equipment,
    Visit,
    Accident,
    Laboratory,
    Vision,
    Injection,
    Injection,
    Chiropractic,
];
const INSTITUTIONAL: &[Case] = &[
    Outpatient, Outpatient, Outpatient, Outpatient, Emergency, Inpatient, Inpatient, Inpatient, Interim, Newborn,
    Nursing, HomeHealth,
];
const DENTAL: &[Case] =
    &[Checkup, Checkup, Checkup, Filling, Filling, Extraction, Scaling, Crown, Orthodontics, Predetermination];

/// One kind of line: a procedure and what must stand with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) code: &'static str,
    pub(super) modifier: &'static str,
    pub(super) revenue: &'static str,
    pub(super) unit: &'static str,
    pub(super) tooth: &'static str,
    pub(super) surfaces: &'static [&'static str],
    pub(super) area: &'static str,
    pub(super) placement: &'static str,
}

const fn plain(code: &'static str, modifier: &'static str, unit: &'static str) -> Service {
    Service { code, modifier, revenue: "", unit, tooth: "", surfaces: &[], area: "", placement: "" }
}

const fn ward(revenue: &'static str, code: &'static str, unit: &'static str) -> Service {
    Service { revenue, ..plain(code, "", unit) }
}

const fn tooth(code: &'static str, tooth: &'static str, surfaces: &'static [&'static str]) -> Service {
    Service { tooth, surfaces, ..plain(code, "", "") }
}

const OFFICE: &[Service] = &[
    plain("G0101", "", "UN"),
    plain("G0402", "", "UN"),
    plain("G0438", "", "UN"),
    plain("G0439", "", "UN"),
    plain("G0463", "", "UN"),
    plain("G0463", "25", "UN"),
    plain("Q0091", "", "UN"),
    plain("A4550", "", "UN"),
    plain("T1015", "", "UN"),
];
const AMBULANCE: &[Service] = &[plain("A0428", "RH", "UN"), plain("A0425", "RH", "UN")];
const ANESTHESIA: &[Service] = &[plain("00100", "AA", "MJ"), plain("00100", "QZ", "MJ")];
const EQUIPMENT: &[Service] = &[plain("E0601", "RR", "UN")];
const LABORATORY: &[Service] = &[plain("G0103", "", "UN"), plain("G0306", "", "UN")];
const VISION: &[Service] = &[plain("V2020", "", "UN"), plain("V2100", "", "UN")];
const INJECTION: &[Service] = &[plain("J1885", "", "UN"), plain("J3420", "", "UN")];
const CHIROPRACTIC: &[Service] = &[plain("98940", "AT", "UN"), plain("98941", "AT", "UN")];
const OUTPATIENT: &[Service] = &[
    ward("0300", "G0103", "UN"),
    ward("0510", "G0463", "UN"),
    ward("0519", "G0463", "UN"),
    ward("0771", "G0008", "UN"),
    ward("0636", "J1885", "UN"),
];
const EMERGENCY: &[Service] = &[ward("0450", "G0380", "UN"), ward("0300", "G0103", "UN"), ward("0250", "", "UN")];
const STAY: &[Service] =
    &[ward("0250", "", "UN"), ward("0300", "", "UN"), ward("0360", "", "UN"), ward("0270", "", "UN")];
const HOME: &[Service] = &[ward("0551", "G0299", "UN"), ward("0571", "G0156", "UN")];
const CHECKUP: &[Service] = &[plain("D0120", "", ""), plain("D1110", "", ""), plain("D0220", "", "")];
const FILLING: &[Service] = &[
    tooth("D2391", "3", &["O"]),
    tooth("D2392", "14", &["M", "O"]),
    tooth("D2393", "30", &["M", "O", "D"]),
    tooth("D2330", "8", &["F"]),
    tooth("D2331", "9", &["I", "F"]),
];
const EXTRACTION: &[Service] = &[tooth("D7140", "1", &[]), tooth("D7210", "32", &[])];
const SCALING: &[Service] =
    &[Service { area: "10", ..plain("D4341", "", "") }, Service { area: "40", ..plain("D4342", "", "") }];
const CROWN: &[Service] =
    &[Service { placement: "I", ..tooth("D2740", "19", &[]) }, Service { placement: "R", ..tooth("D2750", "18", &[]) }];
const ORTHODONTICS: &[Service] = &[plain("D8080", "", ""), plain("D8670", "", "")];

impl Case {
    pub(super) fn draw(random: &mut Random, trade: Trade) -> Self {
        random.pick(match trade {
            Trade::Professional => PROFESSIONAL,
            Trade::Institutional => INSTITUTIONAL,
            Trade::Dental => DENTAL,
        })
    }

    /// The lines that it may have.
    fn services(self) -> &'static [Service] {
        match self {
            Office | Visit | Accident => OFFICE,
            Ambulance => AMBULANCE,
            Anesthesia => ANESTHESIA,
            Equipment => EQUIPMENT,
            Laboratory => LABORATORY,
            Vision => VISION,
            Injection => INJECTION,
            Chiropractic => CHIROPRACTIC,
            Outpatient => OUTPATIENT,
            Emergency => EMERGENCY,
            Inpatient | Interim | Newborn | Nursing => STAY,
            HomeHealth => HOME,
            Checkup => CHECKUP,
            Filling => FILLING,
            Extraction => EXTRACTION,
            Scaling => SCALING,
            Crown | Predetermination => CROWN,
            Orthodontics => ORTHODONTICS,
        }
    }

    /// What the line of that ordinal, from 0, is for.
    pub(super) fn service(self, random: &mut Random, line: usize) -> Service {
        match (self, line) {
            (Inpatient | Interim, 0) => ward("0120", "", "DA"),
            (Newborn, 0) => ward("0170", "", "DA"),
            (Nursing, 0) => ward("0191", "", "DA"),
            (HomeHealth, 0) => ward("0023", "1AFK1", "UN"),
            (Emergency | Ambulance, 0) => self.services().first().copied().unwrap_or_default(),
            (Ambulance, _) => self.services().last().copied().unwrap_or_default(),
            _ => random.pick(self.services()),
        }
    }

    /// Place of service, or the first two digits of the type of bill.
    pub(super) fn place(self) -> &'static str {
        match self {
            Ambulance => "41",
            Anesthesia => "22",
            Visit => "21",
            Equipment => "12",
            Laboratory => "81",
            Outpatient | Emergency => "13",
            Nursing => "21",
            HomeHealth => "32",
            Inpatient | Interim | Newborn => "11",
            _ => "11",
        }
    }

    /// Whether the patient stays over night.
    pub(super) fn is_stay(self) -> bool {
        matches!(self, Inpatient | Interim | Newborn | Nursing)
    }
}
