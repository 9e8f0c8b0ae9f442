//! One value at a time.

use super::day;
use super::layout::{Layouts, Part};
use super::permute::Permutation;
use super::treatment::Treatment;
use crate::delimiters::Delimiters;
use crate::guide::{Code, ElementId, known};
use crate::validate::rules::{box_length, fitting, is_npi};
use crate::validate::value::{decimal_digits, is_date, is_time};
use crate::validate::word::word;

/// The data element that says what a date looks like.
const FORMAT: ElementId = ElementId::lit("1250");
/// How often a value is replaced anew until it is as right or wrong as it was.
const TRIES_MAX: usize = 1000;
/// A value that is longer is text or worse, and is blanked.
const VALUE_BYTES_MAX: usize = 1024;
/// All days are moved by so many weeks at most, to either side.
const WEEKS_MAX: u64 = 26;

/// What values become.
pub(super) struct Mask<F> {
    keyed: F,
    permutation: Permutation,
    /// How far days are moved.
    days: i64,
    /// The format that the segment's last data element 1250 gave.
    pub(super) format: Vec<u8>,
    /// The interchange's.
    pub(super) delimiters: Delimiters,
}

impl<F: FnMut(&[u8]) -> [u8; 32]> Mask<F> {
    pub(super) fn new(mut keyed: F) -> Self {
        let [side, weeks @ ..] = keyed(b"how far days are moved");
        let weeks = weeks.iter().take(7).fold(0u64, |weeks, byte| weeks << 8 | u64::from(*byte)) % WEEKS_MAX + 1;
        let days = weeks as i64 * if side % 2 == 0 { 7 } else { -7 };
        let delimiters = Delimiters::default();
        Self { keyed, permutation: Permutation::default(), days, format: Vec::new(), delimiters }
    }

    /// Does what is to be done to a value of this place.
    pub(super) fn value(&mut self, part: Part, value: &mut [u8]) {
        if value.is_empty() {
            return;
        }
        if part.element == FORMAT {
            self.format.clear();
            self.format.extend_from_slice(value);
        }
        let stays = match part.treatment {
            Treatment::Number => decimal_digits(word(value), value).is_some(),
            Treatment::Code => is_code(value),
            Treatment::Time => is_time(value),
            Treatment::Delimiter => true,
            _ => false,
        };
        if stays || is_listed(part.element, value) {
            return;
        }
        match part.treatment {
            Treatment::Binary => value.fill(b'X'),
            Treatment::Date if day::shift(value, self.days) => {}
            Treatment::Period => self.period(part.element, value),
            Treatment::Zip if matches!(value.len(), 5 | 9) && value.iter().all(u8::is_ascii_digit) => {
                self.permutation.apply(value, 3, &mut self.keyed);
                if let Some(area) = value.get_mut(..3).filter(|area| Layouts::built_in().is_small(area)) {
                    area.fill(b'0');
                }
            }
            Treatment::First => self.replace(value, part.element, 1),
            _ => self.replace(value, part.element, 0),
        }
    }

    /// A day, a day and a time, a time, or two of them.
    fn period(&mut self, element: ElementId, value: &mut [u8]) {
        let timed = matches!(self.format.as_slice(), b"TM" | b"TS" | b"RTM");
        for side in value.split_mut(|byte| *byte == b'-') {
            if timed {
                if !is_time(side) {
                    self.replace(side, element, 0);
                }
                continue;
            }
            let (date, time) = side.split_at_mut_checked(8).unwrap_or((&mut [], &mut []));
            if is_date(date) {
                day::shift(date, self.days);
                if !is_time(time) {
                    self.replace(time, element, 0);
                }
            } else if !day::shift(side, self.days) {
                self.replace(side, element, 0);
            }
        }
    }

    /// Another value of the same form, as right and as wrong; what stands before `keep` stays.
    pub(super) fn replace(&mut self, value: &mut [u8], element: ElementId, keep: usize) {
        blank_beyond_ascii(value, &self.delimiters);
        if value.len() > VALUE_BYTES_MAX {
            return blank(value, &self.delimiters);
        }
        // Blanks behind it fill a place of fixed length, and are no part of it.
        let end = value.trim_ascii_end().len();
        let Some(value) = value.get_mut(..end) else { return };
        if is_npi(value) {
            return self.npi(value);
        }
        let keep = keep.max(box_length(value));
        let wanted = Self::class(element, value);
        for _ in 0..TRIES_MAX {
            self.permutation.apply(value, keep, &mut self.keyed);
            if Self::class(element, value) == wanted {
                break;
            }
        }
    }

    /// What can be right or wrong with a value besides its form. A value's first replacement that agrees is unlike any other's.
    fn class(element: ElementId, value: &[u8]) -> (u64, bool, bool, bool) {
        (fitting(value), is_date(value), is_time(value), is_listed(element, value))
    }

    /// Another NPI: the first digit says what it is, the last is the check digit.
    fn npi(&mut self, value: &mut [u8]) {
        let Some((_, digits)) = value.split_last_mut() else { return };
        self.permutation.apply(digits, 1, &mut self.keyed);
        for digit in b'0'..=b'9' {
            if let Some(check) = value.last_mut() {
                *check = digit;
            }
            if is_npi(value) {
                return;
            }
        }
    }
}

/// Up to three capitals and digits; up to seven, and points, with a digit among them; a taxonomy code; an NDC; a guide's revision.
fn is_code(value: &[u8]) -> bool {
    let plain = |value: &[u8]| value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let digits = |value: &[u8]| value.iter().all(u8::is_ascii_digit);
    let (head, tail) = value.split_at_checked(6).unwrap_or((value, &[]));
    let revision = digits(head) && tail.first() == Some(&b'X') && tail.len() <= 7 && plain(tail);
    match value.len() {
        1..=3 => plain(value),
        4..=7 => value.iter().any(u8::is_ascii_digit) && value.split(|byte| *byte == b'.').all(plain),
        10 => revision || plain(value) && value.last() == Some(&b'X') && digits(value.get(..3).unwrap_or_default()),
        11 => digits(value),
        _ => revision,
    }
}

/// Whether some guide lists the value for its data element.
fn is_listed(element: ElementId, value: &[u8]) -> bool {
    let code = Code::pack(value);
    !element.is_none() && !code.is_none() && known().codes.binary_search(&(element, code)).is_ok()
}

/// Letters and digits become one of their kind.
pub(super) fn blank(value: &mut [u8], delimiters: &Delimiters) {
    blank_beyond_ascii(value, delimiters);
    for byte in value {
        match byte {
            b'A'..=b'Z' => *byte = b'X',
            b'a'..=b'z' => *byte = b'x',
            b'0'..=b'9' => *byte = b'0',
            _ => {}
        }
    }
}

/// Characters beyond ASCII become one of their length in UTF-8; what is no UTF-8 becomes bytes that are none.
fn blank_beyond_ascii(value: &mut [u8], delimiters: &Delimiters) {
    if value.is_ascii() {
        return;
    }
    let usual = [delimiters.element, delimiters.component, delimiters.terminator].iter().all(u8::is_ascii)
        && delimiters.repetition.is_none_or(|repetition| repetition.is_ascii());
    let text = usual && std::str::from_utf8(value).is_ok();
    let stray = (0xf8..=0xff).rev().find(|byte| !delimiters.contains(*byte)).unwrap_or_default();
    let mut rest = value;
    while let Some(first) = rest.first().copied() {
        let length = if text { char_length(first) } else { 1 };
        let (character, after) = rest.split_at_mut(length.min(rest.len()));
        match character {
            [_] if first.is_ascii() => {}
            [_] => character.fill(stray),
            [_, _] => character.copy_from_slice("\u{e9}".as_bytes()),
            [_, _, _] => character.copy_from_slice("\u{20ac}".as_bytes()),
            _ => character.copy_from_slice("\u{1f600}".as_bytes()),
        }
        rest = after;
    }
}

/// How many bytes a character has in UTF-8, by its first.
fn char_length(first: u8) -> usize {
    match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0.. => 4,
        _ => 1,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hasher};

    /// A keyed hash that is good enough for tests.
    pub(crate) fn keyed() -> impl FnMut(&[u8]) -> [u8; 32] {
        |message: &[u8]| {
            let mut digest = [0; 32];
            for (at, word) in digest.chunks_mut(8).enumerate() {
                let mut hasher = DefaultHasher::new();
                hasher.write_usize(at);
                hasher.write(message);
                word.copy_from_slice(&hasher.finish().to_be_bytes());
            }
            digest
        }
    }

    fn of(treatment: Treatment, element: &str, value: &str) -> String {
        let mut bytes = value.as_bytes().to_vec();
        Mask::new(keyed()).value(Part { element: ElementId::lit(element), treatment }, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_npi_becomes_another_one_and_what_is_none_becomes_none() {
        let npi = of(Treatment::Id, "67", "1234567893");
        assert!(is_npi(npi.as_bytes()) && npi != "1234567893" && npi.starts_with('1'), "{npi}");
        for number in 1_234_567_000..1_234_567_100 {
            let was = number.to_string();
            let is = of(Treatment::Id, "67", &was);
            assert_eq!(is_npi(was.as_bytes()), is_npi(is.as_bytes()), "{was} {is}");
        }
    }

    #[test]
    fn faulty_days_stay_faulty() {
        for value in ["20230229", "20261301", "230229", "2023022"] {
            let is = of(Treatment::Date, "373", value);
            assert!(is != value && !is_date(is.as_bytes()) && is.len() == value.len(), "{value} {is}");
        }
        let range = of(Treatment::Period, "1251", "20240101-20241399");
        assert!(is_date(&range.as_bytes()[..8]) && !is_date(&range.as_bytes()[9..]) && range.as_bytes()[8] == b'-');
    }

    #[test]
    fn days_move_together() {
        let days = |value: &str| of(Treatment::Period, "1251", value);
        assert_eq!(days("20240101-20240108"), format!("{}-{}", days("20240101"), days("20240108")));
        assert!(days("202401011530").ends_with("1530") && days("202401011530").starts_with(&days("20240101")));
        assert_ne!(days("20240101"), "20240101");
    }

    #[test]
    fn codes_stay_and_what_is_none_does_not() {
        for code in
            ["A1", "HC", "99213", "R69.5", "0DTJ4ZZ", "207Q00000X", "00093011401", "005010X222A1", "00501", "N4"]
        {
            assert_eq!(of(Treatment::Code, "1271", code), code);
        }
        for text in ["SMITH", "JANE DOE", "123456789", "abc", "A-1", "SMITHSONIAN", "005010XSMITHSON"] {
            assert_ne!(of(Treatment::Code, "1271", text), text);
        }
        assert_eq!(of(Treatment::Id, "1068", "F"), "F", "a guide lists it");
        assert!(
            !["F", "M", "U", "Q"].contains(&of(Treatment::Id, "1068", "Q").as_str()),
            "not listed stays not listed"
        );
    }

    #[test]
    fn a_zip_keeps_its_area_where_it_may_be_told() {
        let zip = of(Treatment::Zip, "116", "627011234");
        assert!(zip.starts_with("627") && zip != "627011234" && zip.len() == 9);
        assert!(of(Treatment::Zip, "116", "03601").starts_with("000"));
        assert_ne!(&of(Treatment::Zip, "116", "6270")[..3], "627");
    }

    #[test]
    fn a_box_stays_a_box_and_padding_counts_nothing() {
        assert!(of(Treatment::Id, "166", "P.O. Box 1234").starts_with("P.O. Box "));
        assert_eq!(of(Treatment::Id, "I06", "SENDER         ").trim_end(), of(Treatment::Id, "142", "SENDER"));
        assert!(of(Treatment::First, "509", "1234567890").starts_with('1'));
        assert_eq!(of(Treatment::Number, "782", "-12.50"), "-12.50");
        assert_ne!(of(Treatment::Number, "782", "12,50"), "12,50");
    }

    #[test]
    fn characters_beyond_ascii_are_not_told() {
        let name = of(Treatment::Id, "1035", "M\u{fc}LLER-\u{410}\u{1f468}\u{4e2d}");
        assert!(
            name.contains("\u{e9}")
                && name.contains('\u{1f600}')
                && name.contains('\u{20ac}')
                && !name.contains('\u{fc}')
        );
        let mut latin = b"M\xdcLLER".to_vec();
        Mask::new(keyed()).value(Part::default(), &mut latin);
        assert_eq!(latin[1], 0xff);
    }
}
