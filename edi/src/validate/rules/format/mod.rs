//! What a value looks like, by name: what `PLACE is NAME` asks in a rule.

mod codes;
mod npi;
mod street;

pub(crate) use npi::fits as is_npi;
pub(crate) use street::box_length;

/// A format by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// As rules name it.
    pub(crate) name: &'static str,
    /// For people, behind "expected".
    pub(crate) what: &'static str,
    pub(crate) fits: fn(&[u8]) -> bool,
}

/// The formats, by name.
static FORMATS: &[Format] = &[
    Format {
        name: "adjustment-reason",
        what: "an adjustment reason code: up to three digits, or a letter and one or two digits",
        fits: codes::adjustment_reason,
    },
    Format { name: "bill-type", what: "two digits of a type of bill, neither of them 0", fits: codes::bill_type },
    Format { name: "claim-status", what: "a claim status code: a number", fits: codes::status },
    Format {
        name: "claim-status-category",
        what: "a claim status category: a letter and one or two more characters",
        fits: codes::status_category,
    },
    Format {
        name: "date8",
        what: "a day as CCYYMMDD",
        fits: |value| value.len() == 8 && crate::validate::value::is_date(value),
    },
    Format { name: "dental-procedure", what: "a dental procedure code: D and four digits", fits: codes::dental },
    Format { name: "digits", what: "digits alone", fits: |value| value.iter().all(u8::is_ascii_digit) },
    Format { name: "drg", what: "a diagnosis related group of three digits", fits: codes::drg },
    Format {
        name: "hcpcs",
        what: "a HCPCS code: five digits, four digits and a letter, or a letter and four digits",
        fits: codes::hcpcs,
    },
    Format { name: "hipps", what: "a HIPPS code of five letters and digits", fits: codes::hipps },
    Format { name: "icd-10-procedure", what: "an ICD-10-PCS code of seven characters", fits: codes::icd10_procedure },
    Format { name: "icd-9", what: "an ICD-9-CM diagnosis without its dot", fits: codes::icd9 },
    Format { name: "icd-9-procedure", what: "an ICD-9-CM procedure without its dot", fits: codes::icd9_procedure },
    Format { name: "ndc", what: "a National Drug Code of eleven digits", fits: codes::ndc },
    Format { name: "npi", what: "an NPI of ten digits with its check digit", fits: npi::fits },
    Format { name: "remark", what: "a remark code: M, MA or N and a number", fits: codes::remark },
    Format { name: "revenue-code", what: "a revenue code of four digits", fits: codes::revenue },
    Format { name: "street", what: "a street address", fits: street::fits },
    Format { name: "tax-id", what: "nine digits", fits: codes::tax_id },
    Format { name: "taxonomy", what: "a taxonomy code of ten characters", fits: codes::taxonomy },
    Format {
        name: "upper-case",
        what: "no lower-case letter",
        fits: |value| !value.iter().any(u8::is_ascii_lowercase),
    },
    Format {
        name: "zip",
        what: "a ZIP code of five or nine digits",
        fits: |value| matches!(value.len(), 5 | 9) && value.iter().all(u8::is_ascii_digit),
    },
    Format {
        name: "zip9",
        what: "a ZIP code of nine digits",
        fits: |value| value.len() == 9 && value.iter().all(u8::is_ascii_digit),
    },
];

/// The format of that name.
pub(crate) fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// A bit for each format that a value fits.
pub(crate) fn fitting(value: &[u8]) -> u64 {
    FORMATS.iter().fold(0, |bits, format| bits << 1 | u64::from((format.fits)(value)))
}

/// Every format's name, and what it asks for.
pub fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMATS.iter().map(|format| (format.name, format.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_stand_in_order_each_once() {
        assert!(FORMATS.is_sorted_by(|a, b| a.name < b.name));
        assert!(FORMATS.iter().all(|format| !format.what.is_empty()));
    }

    #[test]
    fn simple_formats() {
        let fits = |name: &str, value: &str| (format(name).unwrap().fits)(value.as_bytes());
        assert!(fits("zip", "62701") && fits("zip", "627010001") && !fits("zip", "6270") && !fits("zip9", "62701"));
        assert!(fits("upper-case", "A B1") && !fits("upper-case", "a"));
        assert!(fits("date8", "20240229") && !fits("date8", "20230229") && !fits("date8", "240229"));
    }
}
