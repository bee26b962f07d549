//! Calendar dates: the day of a review, and the day of the run.
//!
//! The only file that imports the date library. Only the command layer calls [`Date::today`]; all other code takes today as an
//! input, so a run can be repeated.

use std::fmt;

use serde::{Serialize, Serializer};

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// Reads `YYYY-MM-DD`; the other forms of ISO 8601 are not accepted.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if shaped { text.parse().ok().map(Self) } else { None }
    }

    /// The current day in UTC, so that a run gives the same verdict everywhere.
    #[expect(clippy::disallowed_methods, reason = "the one reading of the clock; only cli/ calls it")]
    pub fn today() -> Self {
        Self(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// Whole days from `earlier` to this day; negative when `earlier` is later.
    pub fn days_since(self, earlier: Self) -> i32 {
        earlier.0.duration_until(self.0).as_hours().try_into().map_or(i32::MAX, |hours: i32| hours / 24)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_only_full_iso_dates() {
        assert_eq!(Date::parse("2026-11-22").map(|date| date.to_string()).as_deref(), Some("2026-11-22"));
        for text in ["2026-13-01", "2026-02-29", "20261122", "2026-11-22T00:00", "22.11.2026", "2026-1-2", ""]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_across_leap_years() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(day("2024-03-01").days_since(day("2024-02-28")), 2);
        assert_eq!(day("2026-01-01").days_since(day("2025-01-01")), 365);
        assert_eq!(day("2026-01-01").days_since(day("2026-01-02")), -1);
    }
}
