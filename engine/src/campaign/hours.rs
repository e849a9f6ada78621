//! When somebody's turn comes, by their own clock: not in the quiet hours of where they live, and with a start that is meant by
//! everybody's own time not before that. Nobody is left out for it; they wait.
//!
//! A person's country is known, their place in it is not. Where a country has several zones, a time is quiet when it is quiet in any of
//! them, and a start has come when it has come in all.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{CampaignRecipient, Plan, zones};
use crate::price::Country;
use crate::rejection::Rejection;
use crate::time::{Span, Timestamp};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Of each day, at least this is left to write in.
const AWAKE_MIN: u16 = 60;
/// Longest name of a zone.
const ZONE_MAX: usize = 64;
/// How long what is known of a turn holds where nothing changes.
const LOOK_AGAIN: Span = Span::hours(24);

/// From one time of the day to another, both in minutes since midnight; over midnight where the first is the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuietHours {
    pub from: u16,
    /// Not quiet any more.
    pub to: u16,
}

/// Whether it is somebody's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Now { until: Timestamp },
    Later { at: Timestamp },
}

/// The clocks that a plan goes by.
pub struct Hours {
    quiet: Option<QuietHours>,
    /// What everybody's clock must show.
    start: Option<DateTime>,
    /// Of those of whom no country is known.
    home: TimeZone,
}

impl QuietHours {
    fn contains(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    fn check(self) -> Result<(), Rejection> {
        if self.from >= DAY || self.to >= DAY || self.from == self.to {
            return Err(Rejection::Invalid("Quiet hours go from one time of the day to another."));
        }
        let quiet = (self.to + DAY - self.from) % DAY;
        if DAY - quiet < AWAKE_MIN {
            return Err(Rejection::Invalid("Quiet hours leave at least an hour of the day to send in."));
        }
        Ok(())
    }
}

impl Hours {
    /// What is wrong with the times of a plan.
    pub(super) fn check(plan: &Plan) -> Result<(), Rejection> {
        if plan.start_is_local && plan.start_at.is_none() {
            return Err(Rejection::Invalid("A start by everybody's own time needs a time."));
        }
        plan.quiet.map_or(Ok(()), QuietHours::check)?;
        let is_needed = plan.quiet.is_some() || plan.start_is_local;
        match &plan.zone {
            None if is_needed => {
                Err(Rejection::Invalid("Times of the day need a time zone, of those whose country is not known."))
            }
            Some(zone) if zone.len() > ZONE_MAX || zones::named(zone).is_none() => {
                Err(Rejection::Invalid("This time zone is not known. Zones have names like America/Sao_Paulo."))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// `None`: everybody at any hour.
    pub fn of(plan: &Plan) -> Option<Self> {
        let home = plan.zone.as_deref().and_then(zones::named).unwrap_or(TimeZone::UTC);
        let start = plan.start_at.filter(|_| plan.start_is_local).map(|at| home.to_datetime(instant(at)));
        (plan.quiet.is_some() || start.is_some()).then_some(Self { quiet: plan.quiet, start, home })
    }

    /// Before this, it is nobody's turn anywhere in the world.
    pub(super) fn opens(&self) -> Option<Timestamp> {
        let first = jiff::tz::Offset::constant(14).to_timestamp(self.start?).ok()?;
        Some(Timestamp(first.as_millisecond()))
    }

    /// Of everybody in this country.
    pub fn turn(&self, country: Option<&str>, now: Timestamp) -> Turn {
        let zones = country.and_then(zones::of_country).unwrap_or_else(|| vec![self.home.clone()]);
        let main = zones.get(..1).unwrap_or_default();
        let found = self.turn_in(&zones, now).or_else(|| self.turn_in(main, now));
        found.unwrap_or(Turn::Now { until: now.plus(LOOK_AGAIN) })
    }

    /// `None`: where it is never awake everywhere at once.
    fn turn_in(&self, zones: &[TimeZone], now: Timestamp) -> Option<Turn> {
        let start = self.start.and_then(|start| zones.iter().filter_map(|zone| moment(zone, start)).max());
        let from = start.map_or(now, |start| start.max(now));
        let Some(quiet) = self.quiet else {
            return Some(if from > now { Turn::Later { at: from } } else { Turn::Now { until: now.plus(LOOK_AGAIN) } });
        };
        let is_quiet = |at: Timestamp| zones.iter().any(|zone| quiet.contains(minute(zone, at)));
        let mut changes: Vec<_> = zones.iter().flat_map(|zone| changes(zone, quiet, from)).collect();
        changes.sort_unstable();
        let mut later = changes.into_iter().filter(|at| *at > from);
        if is_quiet(from) {
            return later.find(|at| !is_quiet(*at)).map(|at| Turn::Later { at });
        }
        if from > now {
            return Some(Turn::Later { at: from });
        }
        Some(Turn::Now { until: later.find(|at| is_quiet(*at)).unwrap_or(from.plus(LOOK_AGAIN)) })
    }
}

impl CampaignRecipient {
    /// Where they live, as far as that is known.
    pub fn home(&self) -> Option<&str> {
        self.country.as_ref().map(Country::as_str)
    }
}

/// When the quiet hours of this zone begin and end, from the day before to the day after the next.
fn changes(zone: &TimeZone, quiet: QuietHours, from: Timestamp) -> Vec<Timestamp> {
    let today = zone.to_datetime(instant(from)).date();
    let days = [
        today.yesterday().ok(),
        Some(today),
        today.tomorrow().ok(),
        today.tomorrow().and_then(jiff::civil::Date::tomorrow).ok(),
    ];
    let at = |minute: u16| (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0));
    let times = [at(quiet.from), at(quiet.to)];
    let both = days.into_iter().flatten().flat_map(|day| times.map(|(hour, minute)| day.at(hour, minute, 0, 0)));
    both.filter_map(|time| moment(zone, time)).collect()
}

fn minute(zone: &TimeZone, at: Timestamp) -> u16 {
    let time = zone.to_datetime(instant(at));
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

/// A time that a change of the clock leaves out is the one after it.
fn moment(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    Some(Timestamp(found.as_millisecond()))
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::campaign::fixture::draft;

    /// 21:00 to 08:00.
    const NIGHT: QuietHours = QuietHours { from: 21 * 60, to: 8 * 60 };

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn plan(quiet: Option<QuietHours>) -> Plan {
        Plan { quiet, zone: Some("America/Sao_Paulo".into()), ..draft().plan }
    }

    #[test]
    fn a_night_is_the_night_of_where_somebody_lives() {
        let hours = Hours::of(&plan(Some(NIGHT))).unwrap();
        let noon = at("2026-11-30T12:00:00Z");
        assert_eq!(hours.turn(Some("DE"), noon), Turn::Now { until: at("2026-11-30T20:00:00Z") });
        assert_eq!(hours.turn(Some("JP"), noon), Turn::Later { at: at("2026-11-30T23:00:00Z") });
        assert_eq!(hours.turn(None, noon), Turn::Now { until: at("2026-12-01T00:00:00Z") }, "as where the sender is");
        assert_eq!(hours.turn(Some("XX"), noon), hours.turn(None, noon));
    }

    #[test]
    fn a_country_is_quiet_while_any_part_of_it_is() {
        let hours = Hours::of(&plan(Some(NIGHT))).unwrap();
        // 08:00 in Honolulu, 13:00 in New York.
        assert_eq!(hours.turn(Some("US"), at("2026-11-30T13:00:00Z")), Turn::Later { at: at("2026-11-30T18:00:00Z") });
        let evening = at("2026-12-01T02:00:00Z");
        assert_eq!(hours.turn(Some("US"), at("2026-11-30T18:00:00Z")), Turn::Now { until: evening });
        assert_eq!(hours.turn(Some("US"), evening), Turn::Later { at: at("2026-12-01T18:00:00Z") });
        let long = Hours::of(&plan(Some(QuietHours { from: 18 * 60, to: 10 * 60 }))).unwrap();
        // Russia is never awake as a whole then: Moscow decides.
        assert_eq!(long.turn(Some("RU"), at("2026-11-30T06:00:00Z")), Turn::Later { at: at("2026-11-30T07:00:00Z") });
    }

    #[test]
    fn clocks_that_change_in_the_night_are_followed() {
        let hours = Hours::of(&plan(Some(NIGHT))).unwrap();
        // Summer time ends in Berlin on 25 October 2026, at three in the night.
        assert_eq!(hours.turn(Some("DE"), at("2026-10-24T20:00:00Z")), Turn::Later { at: at("2026-10-25T07:00:00Z") });
        let small = Hours::of(&plan(Some(QuietHours { from: 60, to: 150 }))).unwrap();
        // It begins on 29 March 2026: half past two is not there, and the quiet ends an hour later by the clock.
        assert_eq!(small.turn(Some("DE"), at("2026-03-29T00:30:00Z")), Turn::Later { at: at("2026-03-29T01:30:00Z") });
    }

    #[test]
    fn a_start_by_everybodys_own_time_comes_where_the_sun_rises_first() {
        let mut plan = plan(None);
        plan.start_at = Some(at("2026-12-01T13:00:00Z"));
        plan.start_is_local = true;
        let hours = Hours::of(&plan).unwrap();
        let now = at("2026-11-30T12:00:00Z");
        // Ten in São Paulo is what was chosen.
        assert_eq!(hours.turn(None, now), Turn::Later { at: at("2026-12-01T13:00:00Z") });
        assert_eq!(hours.turn(Some("JP"), now), Turn::Later { at: at("2026-12-01T01:00:00Z") });
        assert_eq!(hours.turn(Some("US"), now), Turn::Later { at: at("2026-12-01T20:00:00Z") }, "in all of it");
        assert_eq!(hours.opens(), Some(at("2026-11-30T20:00:00Z")));
        assert!(matches!(hours.turn(Some("JP"), at("2026-12-01T01:00:00Z")), Turn::Now { .. }));
        plan.quiet = Some(QuietHours { from: 9 * 60, to: 11 * 60 });
        let both = Hours::of(&plan).unwrap();
        assert_eq!(both.turn(Some("JP"), now), Turn::Later { at: at("2026-12-01T02:00:00Z") });
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        let refused = |change: &dyn Fn(&mut Plan)| {
            let mut plan = plan(Some(NIGHT));
            change(&mut plan);
            Hours::check(&plan).is_err()
        };
        assert!(!refused(&|_| ()));
        assert!(refused(&|plan| plan.zone = None));
        assert!(refused(&|plan| plan.zone = Some("Brazil's".into())));
        assert!(refused(&|plan| plan.quiet = Some(QuietHours { from: 60, to: 60 })));
        assert!(refused(&|plan| plan.quiet = Some(QuietHours { from: 60, to: 1440 })));
        assert!(refused(&|plan| plan.quiet = Some(QuietHours { from: 30, to: 0 })));
        assert!(refused(&|plan| plan.start_is_local = true));
    }

    proptest! {
        /// Whenever it is somebody's turn, it is quiet nowhere in their country, and who waits does not wait for ever.
        #[test]
        fn a_turn_is_never_in_the_night(country in proptest::sample::select(vec!["US", "BR", "DE", "IN", "AU"]), hour in 0_i64..24 * 400) {
            let hours = Hours::of(&plan(Some(NIGHT))).unwrap();
            let now = at("2026-01-01T00:00:00Z").plus(Span::hours(hour));
            let zones = zones::of_country(country).unwrap();
            let quiet = |at: Timestamp| zones.iter().any(|zone| NIGHT.contains(minute(zone, at)));
            match hours.turn(Some(country), now) {
                Turn::Now { until } => {
                    prop_assert!(until > now && quiet(until));
                    prop_assert!(!quiet(now) && !quiet(until.minus(Span(1))));
                }
                Turn::Later { at } => {
                    prop_assert!(at > now && at.since(now) <= Span::hours(24));
                    prop_assert!(quiet(now) && !quiet(at));
                }
            }
        }
    }
}
