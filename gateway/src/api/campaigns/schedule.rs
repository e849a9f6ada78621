//! When a broadcast would be over: by its pace, its share of a day, and the hours of those it goes to.

use std::collections::BTreeMap;

use engine::campaign::{Hours, Plan, Turn};
use engine::time::{Span, Timestamp};

use super::reach::Reach;

/// How many live where; `None`: their country is not known.
pub type Homes = BTreeMap<Option<String>, u64>;

#[derive(Debug, PartialEq, Eq)]
pub struct Schedule {
    /// People whose own hours come later than the start.
    pub later: u64,
    pub days: u64,
    pub finishes_at: Timestamp,
}

impl Schedule {
    /// `count`: people, and how many of them WhatsApp lets it begin to write to. `per_second`: of all lanes together. `homes`: empty where the plan keeps no hours.
    pub fn of(plan: &Plan, (count, reach): (u64, Reach), per_second: u32, homes: &Homes, now: Timestamp) -> Self {
        let start = plan.opens_at().unwrap_or_default().max(now);
        let planned = plan.per_day.map_or(count, u64::from);
        let per_day = reach.a_day.map_or(planned, |allowed| planned.min(allowed)).max(1);
        // Who has no place on the first day has one on those that follow.
        let days = count.div_ceil(per_day).max(1 + reach.over.div_ceil(per_day));
        let last_day = count.saturating_sub((days - 1) * per_day).max(reach.over.min(1));
        let seconds = i64::try_from(last_day.div_ceil(u64::from(per_second.max(1)))).unwrap_or(i64::MAX);
        let hours = Hours::of(plan);
        let (mut later, mut begins) = (0, start);
        for (home, people) in homes {
            if let Some(Turn::Later { at }) = hours.as_ref().map(|hours| hours.turn(home.as_deref(), start)) {
                later += people;
                begins = begins.max(at);
            }
        }
        let whole_days = Span::hours(i64::try_from(days - 1).unwrap_or(i64::MAX).saturating_mul(24));
        Self { later, days, finishes_at: begins.plus(whole_days).plus(Span::seconds(seconds)) }
    }
}

#[cfg(test)]
mod tests {
    use engine::campaign::{Audience, QuietHours};

    use super::*;

    /// Midnight in UTC.
    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn plan() -> Plan {
        Plan::new("t", "en", Vec::new(), Audience::Everyone)
    }

    const ALL: Reach = Reach { over: 0, a_day: None };

    fn after(hours: i64, seconds: i64) -> Timestamp {
        NOW.plus(Span::hours(hours)).plus(Span::seconds(seconds))
    }

    #[test]
    fn a_day_has_its_share_and_the_last_day_the_rest() {
        let of = |per_day| Schedule::of(&Plan { per_day, ..plan() }, (2_500, ALL), 10, &Homes::new(), NOW);
        assert_eq!(of(None), Schedule { later: 0, days: 1, finishes_at: after(0, 250) });
        assert_eq!(of(Some(1_000)), Schedule { later: 0, days: 3, finishes_at: after(48, 50) });
        assert_eq!(of(Some(2_500)), of(None));
        let nobody = Schedule::of(&Plan { per_day: Some(5), ..plan() }, (0, ALL), 10, &Homes::new(), NOW);
        assert_eq!(nobody, Schedule { later: 0, days: 1, finishes_at: NOW });
    }

    #[test]
    fn what_whatsapp_allows_in_a_day_counts_as_what_the_plan_does() {
        let of = |per_day, over, a_day| {
            let reach = Reach { over, a_day: Some(a_day) };
            Schedule::of(&Plan { per_day, ..plan() }, (2_500, reach), 10, &Homes::new(), NOW)
        };
        assert_eq!(of(None, 1_500, 1_000), Schedule { later: 0, days: 3, finishes_at: after(48, 50) });
        assert_eq!(of(Some(500), 1_500, 1_000).days, 5);
        assert_eq!(of(None, 0, 10_000), Schedule { later: 0, days: 1, finishes_at: after(0, 250) });
        assert_eq!(of(None, 100, 10_000).days, 2, "most of today's places are taken");
    }

    #[test]
    fn whoever_sleeps_at_the_start_gets_it_in_their_morning() {
        let quiet = Some(QuietHours { from: 21 * 60, to: 8 * 60 });
        let plan = Plan { quiet, zone: Some("UTC".into()), ..plan() };
        let homes = Homes::from([(Some("JP".into()), 60), (Some("DE".into()), 40)]);
        assert_eq!(
            Schedule::of(&plan, (100, ALL), 10, &homes, NOW),
            Schedule { later: 40, days: 1, finishes_at: after(7, 10) }
        );
    }
}
