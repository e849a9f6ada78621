//! A day of the calendar, in UTC: what is precise enough for "in the last 90 days", and a custom field may hold.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::InvalidId;
use crate::time::Timestamp;

const MILLISECONDS: i64 = 86_400_000;

/// Days since 1970-01-01. Outside it is written `2026-11-30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// Of the years 1 to 9999: what four digits can say.
    pub const FIRST: Self = Self(-719_162);
    pub const LAST: Self = Self(2_932_896);

    pub fn of(at: Timestamp) -> Self {
        Self(i32::try_from(at.0.div_euclid(MILLISECONDS)).unwrap_or(if at.0 < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0) * MILLISECONDS)
    }

    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub_unsigned(days))
    }

    /// Of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        let (.., day) = self.calendar();
        Self(self.0.saturating_sub(day - 1))
    }

    /// `None` when there is no such day.
    fn of_calendar(year: i32, month: i32, day: i32) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years that begin in March, so that the day that comes and goes is their last; in rounds of 400.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let of_round = year.rem_euclid(400);
        let days = of_round * 365 + of_round / 4 - of_round / 100 + (153 * month + 2) / 5 + day - 1;
        let found = Self(year.div_euclid(400) * 146_097 + days - 719_468);
        (found.calendar().2 == day).then_some(found)
    }

    fn calendar(self) -> (i32, i32, i32) {
        let days = self.0.saturating_add(719_468);
        let (round, of_round) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_round - of_round / 1460 + of_round / 36_524 - of_round / 146_096) / 365;
        let of_year = of_round - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        (year + round * 400, month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.calendar();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let parsed = || {
            let mut parts = text.split('-');
            let mut part = |digits: usize| {
                let part = parts.next().filter(|part| part.len() == digits)?;
                part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
            };
            let (year, month, day) = (part(4)?, part(2)?, part(2)?);
            parts.next().is_none().then(|| Self::of_calendar(year, month, day))?
        };
        parsed().ok_or(InvalidId { kind: "day" })
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Day {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Day {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_day_survives_its_text_form(day in Day::FIRST.0..=Day::LAST.0) {
            prop_assert_eq!(Day(day).to_string().parse(), Ok(Day(day)));
        }
    }

    #[test]
    fn a_day_is_that_of_its_moments() {
        assert_eq!(Day::of(Timestamp(1_795_392_000_000)).to_string(), "2026-11-23");
        assert_eq!(Day::of(Timestamp(-1)).to_string(), "1969-12-31");
        assert_eq!(Day::of(Timestamp(1_795_392_000_000)).first_of_month().to_string(), "2026-11-01");
        assert_eq!("2024-02-29".parse::<Day>().map(Day::start), Ok(Timestamp(1_709_164_800_000)));
    }

    #[test]
    fn a_day_that_is_not_on_the_calendar_is_refused() {
        for text in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026-04-31", "0000-01-01", "x", ""]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
