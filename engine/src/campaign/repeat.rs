//! When a broadcast comes again: on days of the calendar, at a time that a clock on the wall shows.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use super::{Audience, Plan, zones};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Minutes of a day.
const DAY: u16 = 24 * 60;
const TIMES_MAX: u32 = 1_000;
/// Days that are looked at for the next one: every rule has one within two months.
const DAYS_MAX: usize = 70;

/// A broadcast that is made anew each time. Its clock is that of the plan's zone, its first time not before the plan's start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Repeat {
    pub on: RepeatOn,
    /// Minutes since midnight.
    pub at: u16,
    /// Not after; `None`: until somebody ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// So often and no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RepeatOn {
    EveryDay,
    /// 1 is Monday, 7 is Sunday.
    Weekdays {
        days: Vec<u8>,
    },
    /// 1 to 31; a month that has no such day has it on its last.
    MonthDay {
        day: u8,
    },
}

impl RepeatOn {
    fn has(&self, date: Date) -> bool {
        match self {
            Self::EveryDay => true,
            Self::Weekdays { days } => {
                days.iter().any(|day| weekday(*day).is_some_and(|weekday| weekday == date.weekday()))
            }
            Self::MonthDay { day } => {
                let wanted = i8::try_from(*day).unwrap_or(i8::MAX).min(date.days_in_month());
                date.day() == wanted
            }
        }
    }

    fn check(&self) -> Result<(), Rejection> {
        let is_fine = match self {
            Self::EveryDay => true,
            Self::Weekdays { days } => {
                let mut known = days.clone();
                known.sort_unstable();
                known.dedup();
                !days.is_empty() && known.len() == days.len() && days.iter().all(|day| weekday(*day).is_some())
            }
            Self::MonthDay { day } => (1..=31).contains(day),
        };
        if is_fine {
            Ok(())
        } else {
            Err(Rejection::Invalid("Say on which days it repeats: each weekday once, or a day of the month."))
        }
    }
}

fn weekday(day: u8) -> Option<Weekday> {
    Weekday::from_monday_one_offset(i8::try_from(day).ok()?).ok()
}

impl Repeat {
    pub(super) fn check(plan: &Plan) -> Result<(), Rejection> {
        let Some(repeat) = &plan.repeat else { return Ok(()) };
        repeat.on.check()?;
        if repeat.at >= DAY {
            return Err(Rejection::Invalid("It repeats at a time of the day."));
        }
        if repeat.times.is_some_and(|times| !(1..=TIMES_MAX).contains(&times)) {
            return Err(Rejection::Invalid("It repeats 1 to 1,000 times, or until a day."));
        }
        if plan.zone.as_deref().and_then(zones::named).is_none() {
            return Err(Rejection::Invalid("Times of the day need a time zone, like America/Sao_Paulo."));
        }
        if plan.start_is_local {
            return Err(Rejection::Invalid("What repeats starts by one clock, not by everybody's own."));
        }
        match plan.audience {
            Audience::Triggered | Audience::Failed(_) | Audience::Reached(_) => {
                Err(Rejection::Invalid("Only what goes to everyone, to a segment or to chosen people can repeat."))
            }
            Audience::Everyone | Audience::Contacts { .. } | Audience::Segment { .. } => Ok(()),
        }
    }

    /// The first time after this one.
    pub fn after(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let began = jiff::Timestamp::from_millisecond(at.0).ok()?;
        // The day before too: where a change of the clock moves a time over midnight.
        let mut day = zone.to_datetime(began).date().yesterday().ok()?;
        for _ in 0..DAYS_MAX {
            if self.on.has(day)
                && let Some(found) = self.on_day(zone, day).filter(|found| *found > at)
            {
                return self.until.is_none_or(|until| found <= until).then_some(found);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn on_day(&self, zone: &TimeZone, day: Date) -> Option<Timestamp> {
        let (hour, minute) = (i8::try_from(self.at / 60).ok()?, i8::try_from(self.at % 60).ok()?);
        instant_of(zone, day.at(hour, minute, 0, 0)).map(|found| Timestamp(found.as_millisecond()))
    }
}

/// A time that a change of the clock leaves out is the first minute after the change, and one that comes twice is the first of the two.
fn instant_of(zone: &TimeZone, time: DateTime) -> Option<jiff::Timestamp> {
    let found = zone.to_ambiguous_timestamp(time);
    match found.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            // By the later offset it lies before the change.
            let before = after.to_timestamp(time).ok()?;
            zone.following(before).next().map(|change| change.timestamp())
        }
        AmbiguousOffset::Fold { .. } | AmbiguousOffset::Unambiguous { .. } => found.earlier().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::campaign::fixture::draft;
    use crate::time::Span;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn repeat(on: RepeatOn, at: u16) -> Repeat {
        Repeat { on, at, until: None, times: None }
    }

    fn times(repeat: &Repeat, zone: &str, from: &str, count: usize) -> Vec<String> {
        let zone = zones::named(zone).unwrap();
        let mut last = at(from);
        let next = || {
            last = repeat.after(&zone, last)?;
            Some(jiff::Timestamp::from_millisecond(last.0).unwrap().to_string())
        };
        std::iter::from_fn(next).take(count).collect()
    }

    #[test]
    fn a_month_without_that_day_has_it_on_its_last() {
        let monthly = repeat(RepeatOn::MonthDay { day: 31 }, 10 * 60);
        let found = times(&monthly, "UTC", "2027-01-15T00:00:00Z", 4);
        assert_eq!(
            found,
            ["2027-01-31T10:00:00Z", "2027-02-28T10:00:00Z", "2027-03-31T10:00:00Z", "2027-04-30T10:00:00Z"]
        );
    }

    #[test]
    fn chosen_weekdays_follow_each_other_and_the_time_is_the_walls() {
        let weekly = repeat(RepeatOn::Weekdays { days: vec![1, 5] }, 9 * 60);
        // A Monday; summer time ends on the 25th of October.
        let found = times(&weekly, "Europe/Berlin", "2026-10-19T06:00:00Z", 4);
        assert_eq!(
            found,
            ["2026-10-19T07:00:00Z", "2026-10-23T07:00:00Z", "2026-10-26T08:00:00Z", "2026-10-30T08:00:00Z"]
        );
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_next_that_does_and_one_that_comes_twice_is_once() {
        let daily = repeat(RepeatOn::EveryDay, 2 * 60 + 30);
        // 02:00 becomes 03:00 on the 28th of March, 01:00 in UTC.
        let spring = times(&daily, "Europe/Berlin", "2027-03-27T00:00:00Z", 3);
        assert_eq!(spring, ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]);
        // 03:00 becomes 02:00 on the 25th of October.
        let autumn = times(&daily, "Europe/Berlin", "2026-10-24T00:00:00Z", 4);
        assert_eq!(
            autumn,
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]
        );
        // In Samoa the 30th of December 2011 was left out as a whole.
        let samoa = times(&daily, "Pacific/Apia", "2011-12-29T00:00:00Z", 3);
        assert_eq!(samoa.len(), 3);
        assert!(samoa.windows(2).all(|pair| pair[0] < pair[1]), "{samoa:?}");
    }

    #[test]
    fn it_ends_on_its_day() {
        let daily = Repeat { until: Some(at("2026-12-02T09:00:00Z")), ..repeat(RepeatOn::EveryDay, 9 * 60) };
        assert_eq!(times(&daily, "UTC", "2026-12-01T00:00:00Z", 9).len(), 2);
    }

    #[test]
    fn what_says_nothing_is_refused() {
        let plan = |repeat, zone: Option<&str>| {
            let plan = Plan { repeat: Some(repeat), zone: zone.map(str::to_owned), ..draft().plan };
            Repeat::check(&plan)
        };
        let daily = || repeat(RepeatOn::EveryDay, 0);
        assert_eq!(plan(daily(), Some("UTC")), Ok(()));
        assert!(plan(daily(), None).is_err() && plan(repeat(RepeatOn::EveryDay, DAY), Some("UTC")).is_err());
        for days in [vec![], vec![0], vec![8], vec![1, 1]] {
            assert!(plan(repeat(RepeatOn::Weekdays { days }, 0), Some("UTC")).is_err());
        }
        for day in [0, 32] {
            assert!(plan(repeat(RepeatOn::MonthDay { day }, 0), Some("UTC")).is_err());
        }
        assert!(plan(Repeat { times: Some(0), ..daily() }, Some("UTC")).is_err());
        let people =
            Plan { repeat: Some(daily()), zone: Some("UTC".into()), audience: Audience::Triggered, ..draft().plan };
        assert!(Repeat::check(&people).is_err());
    }

    proptest! {
        /// Over years of changing clocks: every day has its time once, whatever the zone.
        #[test]
        fn every_day_has_one(zone in 0..5_usize, minute in 0..DAY, day in 0..3_000_i64) {
            let zone = ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "America/New_York"][zone];
            let zone = zones::named(zone).unwrap();
            let daily = repeat(RepeatOn::EveryDay, minute);
            let from = at("2024-01-01T00:00:00Z").plus(Span::hours(24 * day));
            let first = daily.after(&zone, from).unwrap();
            let second = daily.after(&zone, first).unwrap();
            let date = |at: Timestamp| zone.to_datetime(jiff::Timestamp::from_millisecond(at.0).unwrap()).date();
            prop_assert_eq!(date(first).tomorrow().unwrap(), date(second));
            prop_assert!(first > from && first.since(from) <= Span::hours(49));
        }
    }
}
