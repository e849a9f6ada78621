//! A broadcast that repeats: a series, which sends nothing itself. At each of its times it makes a broadcast of its own, with its own people
//! and its own report, under an id that follows from the series and the number of the time: whoever makes it again makes the same one.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Campaign, Frozen, Launch, NAME_MAX, PauseReason, Phase, Plan, zones};
use crate::alert::{Alert, AlertKind, Severity};
use crate::id::{AlertId, CampaignId};
use crate::time::{Span, Timestamp};

/// A time that nobody was there for is caught up with until then; later it is left out.
const LATE_MAX: Span = Span::hours(6);
/// People of an occurrence, in percent of those that somebody agreed to: with more it waits for a person.
const GROWN_MAX: u64 = 150;

/// Where a series stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Series {
    /// People whom the first one would have reached, which somebody typed at the start.
    pub confirmed: u64,
    /// Occurrences that were made: the next one has this number.
    pub made: u32,
    /// Times that were left out, since nobody was there for them.
    pub left_out: u32,
    /// When the last one was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// `None`: it has come to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
}

/// Of which series a broadcast is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OccurrenceOf {
    pub series: CampaignId,
    /// From 0.
    pub nth: u32,
    pub due: Timestamp,
    /// See [`Series::confirmed`].
    pub confirmed: u64,
}

/// What a series does now.
#[derive(Debug, Clone, PartialEq)]
pub enum Due {
    Wait {
        until: Timestamp,
    },
    /// Its time has come: the series after it. The occurrence is [`Campaign::last_occurrence`] of that.
    Now(Box<Campaign>),
    /// Times went by while nobody was there.
    LeftOut(Box<Campaign>, Box<Alert>),
    Over(Box<Campaign>),
}

impl Campaign {
    pub fn is_series(&self) -> bool {
        self.plan.repeat.is_some()
    }

    pub fn series(&self) -> Option<&Series> {
        self.launch.as_ref()?.series.as_ref()
    }

    /// Of the plan, from when it is started.
    pub(super) fn first_time(plan: &Plan, at: Timestamp) -> Option<Timestamp> {
        let (repeat, zone) = (plan.repeat.as_ref()?, zone(plan)?);
        // A start on the minute is its first time.
        let from = plan.start_at.filter(|start| *start > at).map_or(at, |start| start.minus(Span(1)));
        repeat.after(&zone, from)
    }

    /// A series for which somebody agreed to so many people.
    #[must_use]
    pub fn confirmed(mut self, people: u64) -> Self {
        if let Some(series) = self.launch.as_mut().and_then(|launch| launch.series.as_mut()) {
            series.confirmed = people;
        }
        self
    }

    pub fn due(&self, now: Timestamp) -> Option<Due> {
        let (repeat, zone, series) = (self.plan.repeat.as_ref()?, zone(&self.plan)?, self.series()?);
        let Some(next) = series.next else { return self.finished(now).map(|over| Due::Over(Box::new(over))) };
        if next > now {
            return Some(Due::Wait { until: next });
        }
        if now.since(next) <= LATE_MAX {
            let made = series.made + 1;
            let is_last = repeat.times.is_some_and(|times| made + series.left_out >= times);
            let following = repeat.after(&zone, next).filter(|_| !is_last);
            let after = Series { made, last: Some(next), next: following, ..series.clone() };
            return self.with_series(after).map(|campaign| Due::Now(Box::new(campaign)));
        }
        let (mut next, mut left_out) = (Some(next), series.left_out);
        while let Some(late) = next.filter(|at| *at <= now && now.since(*at) > LATE_MAX) {
            left_out += 1;
            let is_last = repeat.times.is_some_and(|times| series.made + left_out >= times);
            next = repeat.after(&zone, late).filter(|_| !is_last);
        }
        let count = left_out - series.left_out;
        let campaign = self.with_series(Series { left_out, next, ..series.clone() })?;
        let alert = campaign.left_out_alert(count, now);
        Some(Due::LeftOut(Box::new(campaign), Box::new(alert)))
    }

    fn with_series(&self, series: Series) -> Option<Self> {
        let mut next = self.next();
        next.launch.as_mut()?.series = Some(series);
        Some(next)
    }

    fn left_out_alert(&self, count: u32, at: Timestamp) -> Alert {
        Alert {
            id: AlertId::derive(&[b"series", self.id.as_bytes(), &self.revision.to_be_bytes()]),
            at,
            kind: AlertKind::Limit,
            severity: Severity::Warning,
            title: format!("The repeating broadcast “{}” was not sent", self.name),
            effect: format!("Its time went by {count} times by more than 6 hours, and nobody got it then."),
            action: Some("It goes on at its next time. Write to these people by hand if it matters.".to_owned()),
            phone_number_id: None,
        }
    }

    /// The newest one that this series has decided to make.
    pub fn last_occurrence(&self, now: Timestamp) -> Option<Self> {
        let series = self.series()?;
        let (due, nth) = (series.last?, series.made.checked_sub(1)?);
        self.occurrence(nth, due, now)
    }

    /// What the first one would be, for a look at it.
    pub fn rehearsal(&self, now: Timestamp) -> Option<Self> {
        self.occurrence(0, self.series()?.next.unwrap_or(now), now)
    }

    pub fn occurrence_id(series: CampaignId, nth: u32) -> CampaignId {
        CampaignId::derive(&[b"occurrence", series.as_bytes(), &nth.to_be_bytes()])
    }

    fn occurrence(&self, nth: u32, due: Timestamp, now: Timestamp) -> Option<Self> {
        let launch = self.launch.as_ref()?;
        let confirmed = launch.series.as_ref()?.confirmed;
        let of = OccurrenceOf { series: self.id, nth, due, confirmed };
        let day = zone(&self.plan)?.to_datetime(jiff::Timestamp::from_millisecond(due.0).ok()?).date();
        // The day tells them apart, so the name gives way.
        let room = NAME_MAX.saturating_sub(13);
        let name: String = self.name.chars().take(room).collect();
        Some(Self {
            id: Self::occurrence_id(self.id, nth),
            revision: 1,
            name: format!("{name} · {day}"),
            author: self.author.clone(),
            created_at: now,
            editor: self.editor.clone(),
            plan: Plan { repeat: None, start_at: None, ..self.plan.clone() },
            phase: Phase::Freezing,
            approval: self.approval.clone(),
            launch: Some(Launch {
                at: now,
                frozen: Frozen::default(),
                series: None,
                occurrence: Some(of),
                ..launch.clone()
            }),
        })
    }

    /// Far more people than somebody agreed to.
    pub(super) fn grown(&self) -> Option<PauseReason> {
        let launch = self.launch.as_ref()?;
        let (people, confirmed) = (u64::from(launch.frozen.count), launch.occurrence?.confirmed);
        (people * 100 > confirmed * GROWN_MAX).then_some(PauseReason::Grown { people, confirmed })
    }
}

fn zone(plan: &Plan) -> Option<TimeZone> {
    plan.zone.as_deref().and_then(zones::named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, page, priya, template};
    use crate::campaign::{Named, Repeat, RepeatOn, freeze};

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    /// Every day at nine.
    fn series(times: Option<u32>) -> Campaign {
        let mut draft = draft();
        draft.plan.zone = Some("UTC".into());
        draft.plan.repeat = Some(Repeat { on: RepeatOn::EveryDay, at: 9 * 60, until: None, times });
        let start = at("2026-12-01T08:00:00Z");
        draft.launched(priya(), template(&[]), Named::default(), start).unwrap().confirmed(2)
    }

    fn made(due: Option<Due>) -> Campaign {
        match due {
            Some(Due::Now(campaign)) => *campaign,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_time_makes_one_broadcast_under_an_id_of_its_own() {
        let series = series(Some(2));
        assert_eq!((series.phase.clone(), series.is_series()), (Phase::Running, true));
        let nine = at("2026-12-01T09:00:00Z");
        assert_eq!(series.due(nine.minus(Span(1))), Some(Due::Wait { until: nine }));
        assert_eq!(series.last_occurrence(nine), None);
        let first = made(series.due(nine.plus(Span(5))));
        let occurrence = first.last_occurrence(nine).unwrap();
        assert_eq!(
            (occurrence.revision, occurrence.phase.clone(), occurrence.is_series()),
            (1, Phase::Freezing, false)
        );
        assert_eq!(occurrence.name, "Kasturi turns six · 2026-12-01");
        assert_eq!(occurrence.launch.as_ref().unwrap().occurrence.unwrap().due, nine);
        assert_eq!(made(series.due(nine)).last_occurrence(nine), Some(occurrence.clone()), "the same again");
        let second = made(first.due(at("2026-12-02T09:00:00Z")));
        assert_ne!(second.last_occurrence(nine).unwrap().id, occurrence.id);
        assert!(matches!(second.due(nine), Some(Due::Over(over)) if over.phase.is_over()), "twice and no more");
    }

    #[test]
    fn a_time_that_was_missed_is_caught_up_with_for_six_hours_and_told_of_after_that() {
        let series = series(None);
        assert!(matches!(series.due(at("2026-12-01T15:00:00Z")), Some(Due::Now(_))));
        let Some(Due::LeftOut(next, alert)) = series.due(at("2026-12-04T10:00:00Z")) else { panic!("too late") };
        let standing = next.series().unwrap();
        assert_eq!((standing.left_out, standing.made, standing.next), (3, 0, Some(at("2026-12-04T09:00:00Z"))));
        assert!(alert.effect.contains("3 times"), "{}", alert.effect);
        assert!(matches!(next.due(at("2026-12-04T10:00:00Z")), Some(Due::Now(_))), "the last one is an hour late");
    }

    #[test]
    fn a_start_in_the_future_is_the_first_time() {
        let mut draft = draft();
        draft.plan.zone = Some("UTC".into());
        draft.plan.repeat = Some(Repeat { on: RepeatOn::EveryDay, at: 9 * 60, until: None, times: None });
        draft.plan.start_at = Some(at("2026-12-24T09:00:00Z"));
        let series = draft.launched(priya(), template(&[]), Named::default(), at("2026-12-01T08:00:00Z")).unwrap();
        assert_eq!(series.series().unwrap().next, Some(at("2026-12-24T09:00:00Z")));
    }

    #[test]
    fn many_more_people_than_were_agreed_to_wait_for_a_person() {
        let nine = at("2026-12-01T09:00:00Z");
        let occurrence = made(series(None).due(nine)).last_occurrence(nine).unwrap();
        let (running, _) = freeze(&occurrence, &page(&[1, 2, 3], None)).unwrap();
        assert_eq!(running.phase, Phase::Running, "half as many more");
        let (held, _) = freeze(&occurrence, &page(&[1, 2, 3, 4], None)).unwrap();
        let reason = PauseReason::Grown { people: 4, confirmed: 2 };
        assert_eq!(held.phase, Phase::Paused { reason });
        assert!(held.pause_alert(nine).is_some());
        assert_eq!(held.resumed(&template(&[]), &[]).map(|next| next.phase), Ok(Phase::Running), "a person has agreed");
    }

    #[test]
    fn a_pause_or_an_end_stops_further_ones() {
        let series = series(None);
        let paused = series.paused(PauseReason::Person { by: priya() }).unwrap();
        let resumed = paused.resumed(&template(&[]), &[]).unwrap();
        assert_eq!((resumed.phase, resumed.launch), (Phase::Running, series.launch.clone()));
        assert!(series.cancelled(Timestamp(9)).unwrap().resumed(&template(&[]), &[]).is_err());
    }
}
