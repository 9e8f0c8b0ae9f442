//! What a value looks like, by name: what `PLACE is NAME` asks in a rule.

mod npi;
mod street;

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
        name: "date8",
        what: "a day as CCYYMMDD",
        fits: |value| value.len() == 8 && crate::validate::value::is_date(value),
    },
    Format { name: "digits", what: "digits alone", fits: |value| value.iter().all(u8::is_ascii_digit) },
    Format { name: "npi", what: "an NPI of ten digits with its check digit", fits: npi::fits },
    Format { name: "street", what: "a street address", fits: street::fits },
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
