//! Days as numbers, and back.

use crate::validate::value::{digits, is_date};

/// Moves a day, CCYYMMDD or YYMMDD, by so many days. A day of the years up to 0099 and of 9999, which say "always" or "never", stays.
/// `false` where the value is nothing that could be moved.
pub(super) fn shift(value: &mut [u8], days: i64) -> bool {
    let Some(number) = digits(value).and_then(|number| i64::try_from(number).ok()) else { return false };
    let moved = match (is_date(value), value.len()) {
        (true, 6) => moved(number + 20_000_000, days),
        (true, _) => moved(number, days),
        (false, 8) => faulty(number, days),
        (false, _) => return false,
    };
    let mut rest = moved;
    for byte in value.iter_mut().rev() {
        *byte = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    true
}

fn moved(number: i64, days: i64) -> i64 {
    let told = 1_000_000..99_990_000;
    let moved = of_number(to_number(number / 10_000, number / 100 % 100, number % 100) + days);
    if told.contains(&number) && told.contains(&moved) { moved } else { number }
}

/// Eight digits that are no day: rules compare them all the same, so the month moves, and the day becomes one that no month has. A month
/// that is none stays.
fn faulty(number: i64, days: i64) -> i64 {
    let (year, month) = (number / 10_000, number / 100 % 100);
    if year == 0 {
        return 0;
    }
    if (1..=12).contains(&month) {
        moved(year * 10_000 + month * 100 + 1, days) / 100 * 100 + 32
    } else {
        moved(year * 10_000 + 101, days) / 10_000 * 10_000 + month * 100 + 1
    }
}

/// Days since 1 March of the year 0, in the calendar that holds today.
fn to_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1
}

/// CCYYMMDD as a number.
fn of_number(days: i64) -> i64 {
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    (era * 400 + year) * 10_000 + month * 100 + day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(value: &str, days: i64) -> String {
        let mut bytes = value.as_bytes().to_vec();
        let _ = shift(&mut bytes, days);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn days_follow_one_another() {
        let (mut day, mut seen) = ("19991228".to_owned(), 0);
        while day.as_str() < "20050103" {
            let next = moved(&day, 1);
            assert!(next > day && is_date(next.as_bytes()), "{day} {next}");
            assert_eq!(moved(&next, -1), day);
            (day, seen) = (next, seen + 1);
        }
        assert_eq!(seen, 1833);
        assert_eq!(moved("20240228", 1), "20240229");
        assert_eq!(moved("19000228", 1), "19000301");
        assert_eq!(moved("20000101", -7), "19991225");
    }

    #[test]
    fn six_digits_are_of_this_century_or_wrap() {
        assert_eq!(moved("260101", 31), "260201");
        assert_eq!(moved("000103", -7), "991227");
    }

    #[test]
    fn what_is_no_day_stays_none_and_what_says_never_stays() {
        for value in ["99991231", "00010101", "2023", "", "ABCDEFGH", "00000000"] {
            assert_eq!(moved(value, 30), value);
        }
        assert_eq!(moved("99981230", 30), "99981230", "it would become one that says never");
        assert_eq!([moved("20230229", 30), moved("20231509", -30)], ["20230332", "20221501"]);
    }
}
