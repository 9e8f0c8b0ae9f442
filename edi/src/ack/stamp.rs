//! A moment as X12 writes it. The crate has no clock: callers bring the time.

/// A date and a time of day, to the minute, in the zone that the caller reports in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
}

impl Stamp {
    /// From its parts; `None` where they are no date and time between 1900 and 2099.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8) -> Option<Self> {
        let days = days_in_month(year, month)?;
        let fits = (1900..=2099).contains(&year) && (1..=days).contains(&day) && hour < 24 && minute < 60;
        fits.then_some(Self { year, month, day, hour, minute })
    }

    /// From seconds since 1970 in UTC. Moments outside of 1970 to 2099 become the nearest end of it.
    pub fn from_unix(seconds: i64) -> Self {
        const SECONDS_MAX: i64 = 4_102_444_799;
        let seconds = seconds.clamp(0, SECONDS_MAX);
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_from_days(days);
        Self { year, month, day, hour: (rest / 3600) as u8, minute: (rest % 3600 / 60) as u8 }
    }

    /// `CCYYMMDD`, as GS04, BHT04 and STC02 want it.
    pub fn date8(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// `YYMMDD`, as ISA09 and TA102 want it.
    pub fn date6(self) -> String {
        format!("{:02}{:02}{:02}", self.year % 100, self.month, self.day)
    }

    /// `HHMM`.
    pub fn time4(self) -> String {
        format!("{:02}{:02}", self.hour, self.minute)
    }
}

/// Whether the bytes are a day as `YYMMDD` or `CCYYMMDD`.
pub(crate) fn is_date(value: &[u8]) -> bool {
    let two = |at: usize| digits(value.get(at..at + 2));
    let (year, at) = match value.len() {
        6 => (two(0).map(|yy| 2000 + yy), 2),
        8 => (digits(value.get(..4)), 4),
        _ => return false,
    };
    let (Some(year), Some(month), Some(day)) = (year, two(at), two(at + 2)) else { return false };
    days_in_month(year, month as u8).is_some_and(|days| (1..=u16::from(days)).contains(&day))
}

/// Whether the bytes are a time as `HHMM`.
pub(crate) fn is_time4(value: &[u8]) -> bool {
    let (hour, minute) = (digits(value.get(..2)), digits(value.get(2..)));
    value.len() == 4 && hour.is_some_and(|h| h < 24) && minute.is_some_and(|m| m < 60)
}

fn digits(value: Option<&[u8]>) -> Option<u16> {
    let value = value.filter(|v| !v.is_empty() && v.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn days_in_month(year: u16, month: u8) -> Option<u8> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days since 1970 to year, month and day of the proleptic Gregorian calendar, counted in eras of 400 years.
fn civil_from_days(days: i64) -> (u16, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u8;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year as u16, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_seconds_into_dates() {
        let written = |seconds| {
            let stamp = Stamp::from_unix(seconds);
            format!("{} {}", stamp.date8(), stamp.time4())
        };
        assert_eq!(written(0), "19700101 0000");
        assert_eq!(written(951_782_400), "20000229 0000");
        assert_eq!(written(1_709_251_199), "20240229 2359");
        assert_eq!(written(4_102_444_799), "20991231 2359");
        assert_eq!(written(-1), "19700101 0000");
    }

    #[test]
    fn takes_only_dates_that_exist() {
        assert!(Stamp::new(2024, 2, 29, 23, 59).is_some());
        assert!(Stamp::new(2023, 2, 29, 0, 0).is_none());
        assert!(Stamp::new(2024, 13, 1, 0, 0).is_none());
        assert!(Stamp::new(2024, 1, 1, 24, 0).is_none());
        assert!(is_date(b"240229") && is_date(b"20240229"));
        assert!(!is_date(b"230229") && !is_date(b"2402") && !is_date(b"24O229"));
        assert!(is_time4(b"2359") && !is_time4(b"2400") && !is_time4(b"12"));
    }
}
