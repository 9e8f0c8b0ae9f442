//! Whether a value is a date, a time, a number.

use super::word::{no_digits, number, word};

/// A date: CCYYMMDD or YYMMDD, a day that exists.
pub(crate) fn is_date(value: &[u8]) -> bool {
    match value.len() {
        8 => is_day(number(value)),
        6 => is_day(word(b"20") | word(value) >> 16),
        _ => false,
    }
}

/// The days of each month, those of February in a leap year among them; none for a month that is none.
const DAYS: [u64; 16] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0];

/// CCYYMMDD, as a number.
#[inline]
pub(super) fn is_day(text: u64) -> bool {
    if no_digits(text) != 0 {
        return false;
    }
    // Four numbers of two digits each: century, year, month, day.
    let digits = text & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (digits >> 8 & 0x00ff_00ff_00ff_00ff) * 10 + (digits & 0x00ff_00ff_00ff_00ff);
    let [century, year, month, day] = [48, 32, 16, 0].map(|shift| pairs >> shift & 0xff);
    let days = DAYS.get(month as usize).copied().unwrap_or(0);
    let leap = if year == 0 { century % 4 == 0 } else { year % 4 == 0 };
    let exists = day >= 1 && day <= days && (month != 2 || day <= 28 || leap);
    exists && (century | year) != 0
}

/// A time: HHMM, HHMMSS, HHMMSSD or HHMMSSDD.
pub(crate) fn is_time(value: &[u8]) -> bool {
    let field = |at: usize, max: u64| match value.get(at..at + 2) {
        Some(pair) => digits(pair).is_some_and(|number| number <= max),
        None => true,
    };
    matches!(value.len(), 4 | 6 | 7 | 8)
        && value.iter().all(u8::is_ascii_digit)
        && field(0, 23)
        && field(2, 59)
        && field(4, 59)
}

/// Up to 18 digits as a number.
pub(crate) fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value.iter().try_fold(0u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// How many digits a decimal number has, without sign and point; `None` where it is none. `word` is the value as a number.
pub(crate) fn decimal_digits(word: u64, value: &[u8]) -> Option<u32> {
    let short = if word == 0 { None } else { decimal_digits_of(word, value.len() as u32) };
    short.or_else(|| long_decimal_digits(value))
}

/// As [`decimal_digits`], for a value of one to eight bytes; `None` also where it has a sign.
#[inline]
pub(super) fn decimal_digits_of(word: u64, length: u32) -> Option<u32> {
    let padded = word | 0x3030_3030_3030_3030u64.checked_shr(8 * length).unwrap_or(0);
    let others = no_digits(padded);
    if others == 0 {
        return Some(length);
    }
    // One other byte, and it is the point.
    let one = others & (others - 1) == 0;
    (one && length > 1 && (padded >> (others.trailing_zeros() - 7)) as u8 == b'.').then_some(length - 1)
}

fn long_decimal_digits(value: &[u8]) -> Option<u32> {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    let points = unsigned.iter().filter(|byte| **byte == b'.').count();
    let count = unsigned.iter().filter(|byte| byte.is_ascii_digit()).count();
    (points <= 1 && count > 0 && points + count == unsigned.len()).then_some(count as u32)
}

/// How many digits a whole number has, without sign; `None` where it is none.
#[inline]
pub(crate) fn whole_digits(value: &[u8]) -> Option<u32> {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    (!unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit)).then_some(unsigned.len() as u32)
}

const D6: u64 = word(b"D6");
const D8: u64 = word(b"D8");
const DB: u64 = word(b"DB");
const DT: u64 = word(b"DT");
const RD8: u64 = word(b"RD8");
const RDT: u64 = word(b"RDT");
const RTM: u64 = word(b"RTM");
const TM: u64 = word(b"TM");
const TS: u64 = word(b"TS");

/// Whether a value fits the format that data element 1250 gives, as a number; formats that are not dates or times fit always.
#[inline]
pub(crate) fn fits_format(format: u64, value: &[u8]) -> bool {
    if format == D8 { value.len() == 8 && is_date(value) } else { fits_other_format(format, value) }
}

/// Whether the format is that of a time of day.
pub(crate) fn is_time_format(format: u64) -> bool {
    matches!(format, TM | TS | RTM)
}

fn fits_other_format(format: u64, value: &[u8]) -> bool {
    match format {
        D8 | DB => value.len() == 8 && is_date(value),
        D6 => value.len() == 6 && is_date(value),
        RD8 => range(value, 8, is_date),
        DT => match value.split_at_checked(8) {
            Some((date, time)) => is_date(date) && time.len() == 4 && is_time(time),
            None => false,
        },
        RDT => range(value, 12, |side| fits_format(DT, side)),
        TM => value.len() == 4 && is_time(value),
        TS => value.len() == 6 && is_time(value),
        RTM => range(value, 4, is_time),
        _ => true,
    }
}

fn range(value: &[u8], side: usize, is: impl Fn(&[u8]) -> bool) -> bool {
    let parts = (value.get(..side), value.get(side), value.get(side + 1..));
    matches!(parts, (Some(from), Some(b'-'), Some(to)) if to.len() == side && is(from) && is(to) && from <= to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_days_that_exist() {
        for good in ["20240229", "20260131", "240229", "000101"] {
            assert!(is_date(good.as_bytes()), "{good}");
        }
        for bad in ["20230229", "20261301", "20260100", "2026011", "2026O101", "", "00000101"] {
            assert!(!is_date(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn times_have_hours_minutes_and_maybe_more() {
        for good in ["0000", "2359", "235959", "23595999"] {
            assert!(is_time(good.as_bytes()), "{good}");
        }
        for bad in ["2400", "2360", "12", "12:00", "235960", ""] {
            assert!(!is_time(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn numbers_count_digits_without_sign_and_point() {
        let decimal_digits = |value: &[u8]| decimal_digits(word(value), value);
        assert_eq!(decimal_digits(b"-12.50"), Some(4));
        assert_eq!(decimal_digits(b".5"), Some(1));
        assert_eq!(decimal_digits(b"1.2.3"), None);
        assert_eq!(decimal_digits(b"."), None);
        assert_eq!(decimal_digits(b"1E5"), None);
        assert_eq!(decimal_digits(b"+1"), None);
        assert_eq!(whole_digits(b"-120"), Some(3));
        assert_eq!(whole_digits(b"1.0"), None);
    }

    proptest! {
        #[test]
        fn short_and_long_decimals_are_counted_alike(value in "[0-9.\\-+E]{0,10}") {
            let value = value.as_bytes();
            prop_assert_eq!(decimal_digits(word(value), value), long_decimal_digits(value));
        }
    }

    #[test]
    fn every_day_of_four_years_exists_once() {
        let days = |year: u32| (0..10_000).filter(|day| is_date(format!("{year:04}{day:04}").as_bytes())).count();
        assert_eq!([1999, 2000, 2004, 1900, 0].map(days), [365, 366, 366, 365, 0]);
    }

    #[test]
    fn formats_of_date_and_time() {
        assert!(fits_format(word(b"D8"), b"20260101"));
        assert!(!fits_format(word(b"D8"), b"260101"));
        assert!(fits_format(word(b"RD8"), b"20260101-20260131"));
        assert!(!fits_format(word(b"RD8"), b"20260131-20260101"));
        assert!(!fits_format(word(b"RD8"), b"20260131"));
        assert!(fits_format(word(b"DT"), b"202601012359"));
        assert!(!fits_format(word(b"DT"), b"20260101"));
        assert!(fits_format(word(b"??"), b"anything"));
    }
}
