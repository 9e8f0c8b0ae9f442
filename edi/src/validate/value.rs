//! Whether a value is a date, a time, a number.

/// A date: CCYYMMDD or YYMMDD, a day that exists.
pub(crate) fn is_date(value: &[u8]) -> bool {
    match value.len() {
        8 => is_day(value),
        6 => {
            let mut full = *b"20000000";
            full.iter_mut().skip(2).zip(value).for_each(|(slot, digit)| *slot = *digit);
            is_day(&full)
        }
        _ => false,
    }
}

fn is_day(value: &[u8]) -> bool {
    let Some(number) = digits(value) else { return false };
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    year >= 1 && (1..=days).contains(&day)
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

/// How many digits a decimal number has, without sign and point; `None` where it is none.
#[inline]
pub(crate) fn decimal_digits(value: &[u8]) -> Option<u32> {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    let mut points = 0;
    for byte in unsigned {
        match byte {
            b'0'..=b'9' => {}
            b'.' => points += 1,
            _ => return None,
        }
    }
    let count = unsigned.len() as u32 - points.min(unsigned.len() as u32);
    (points <= 1 && count > 0).then_some(count)
}

/// How many digits a whole number has, without sign; `None` where it is none.
#[inline]
pub(crate) fn whole_digits(value: &[u8]) -> Option<u32> {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    (!unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit)).then_some(unsigned.len() as u32)
}

/// Whether a value fits the format that data element 1250 gives; formats that are not dates or times fit always.
pub(crate) fn fits_format(format: &[u8], value: &[u8]) -> bool {
    match format {
        b"D8" | b"DB" => value.len() == 8 && is_date(value),
        b"D6" => value.len() == 6 && is_date(value),
        b"RD8" => range(value, 8, is_date),
        b"DT" => match value.split_at_checked(8) {
            Some((date, time)) => is_date(date) && time.len() == 4 && is_time(time),
            None => false,
        },
        b"RDT" => range(value, 12, |side| fits_format(b"DT", side)),
        b"TM" => value.len() == 4 && is_time(value),
        b"TS" => value.len() == 6 && is_time(value),
        b"RTM" => range(value, 4, is_time),
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
        assert_eq!(decimal_digits(b"-12.50"), Some(4));
        assert_eq!(decimal_digits(b".5"), Some(1));
        assert_eq!(decimal_digits(b"1.2.3"), None);
        assert_eq!(decimal_digits(b"."), None);
        assert_eq!(decimal_digits(b"1E5"), None);
        assert_eq!(decimal_digits(b"+1"), None);
        assert_eq!(whole_digits(b"-120"), Some(3));
        assert_eq!(whole_digits(b"1.0"), None);
    }

    #[test]
    fn formats_of_date_and_time() {
        assert!(fits_format(b"D8", b"20260101"));
        assert!(!fits_format(b"D8", b"260101"));
        assert!(fits_format(b"RD8", b"20260101-20260131"));
        assert!(!fits_format(b"RD8", b"20260131-20260101"));
        assert!(!fits_format(b"RD8", b"20260131"));
        assert!(fits_format(b"DT", b"202601012359"));
        assert!(!fits_format(b"DT", b"20260101"));
        assert!(fits_format(b"??", b"anything"));
    }
}
