//! A walk through those who wait in a lane, in order of their numbers. Whoever sleeps is passed over; when their morning comes, the walk
//! goes back to the first of them. So nobody is looked at more often than somebody wakes up, and who is awake is not held up.

use std::collections::BTreeMap;

use engine::campaign::{CampaignRecipient, Hours, Plan, Turn};
use engine::time::{Span, Timestamp};

/// Where there are no hours to keep.
const ALWAYS: Span = Span::hours(24);

pub(super) struct Pass {
    hours: Option<Hours>,
    /// What is known of countries, as long as it holds.
    turns: BTreeMap<Option<String>, Turn>,
    /// Those who sleep, by country: the first of them, and when they wake.
    asleep: BTreeMap<Option<String>, (u32, Timestamp)>,
    after: Option<u32>,
    /// From the first to the last.
    is_whole: bool,
    has_handed: bool,
}

impl Pass {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            hours: Hours::of(plan),
            turns: BTreeMap::new(),
            asleep: BTreeMap::new(),
            after: None,
            is_whole: true,
            has_handed: false,
        }
    }

    /// Behind whom the walk goes on: back to whoever has woken up.
    pub(super) fn after(&mut self, now: Timestamp) -> Option<u32> {
        let woken = self.asleep.extract_if(.., |_, (_, wake)| *wake <= now).map(|(_, (first, _))| first).min();
        if let Some(first) = woken.filter(|first| self.after.is_some_and(|after| *first <= after)) {
            self.after = first.checked_sub(1);
            self.is_whole = self.after.is_none();
            // Whoever sleeps behind is met again.
            self.asleep.retain(|_, (asleep, _)| *asleep < first);
        }
        self.after
    }

    /// Whether it is this person's turn, who is the next of the walk.
    pub(super) fn turn(&mut self, recipient: &CampaignRecipient, now: Timestamp) -> Turn {
        self.after = Some(recipient.no);
        let Some(hours) = &self.hours else { return Turn::Now { until: now.plus(ALWAYS) } };
        let home = recipient.home();
        let known = self.turns.get(&home.map(str::to_owned)).copied();
        let turn = known.filter(|turn| holds(*turn, now)).unwrap_or_else(|| {
            let turn = hours.turn(home, now);
            self.turns.insert(home.map(str::to_owned), turn);
            turn
        });
        if let Turn::Later { at } = turn {
            self.asleep.entry(home.map(str::to_owned)).or_insert((recipient.no, at));
        }
        turn
    }

    /// Goes on behind somebody who is on the way already.
    pub(super) fn pass_over(&mut self, no: u32) {
        (self.after, self.has_handed) = (Some(no), true);
    }

    pub(super) fn handed_over(&mut self) {
        self.has_handed = true;
    }

    /// At the end of the walk: nobody waits any more.
    pub(super) fn is_last(&self) -> bool {
        self.is_whole && !self.has_handed && self.asleep.is_empty()
    }

    /// At the end of the walk: everybody who waits sleeps, the first until then.
    pub(super) fn wakes(&self) -> Option<Timestamp> {
        let wakes = self.asleep.values().map(|(_, wake)| *wake).min();
        wakes.filter(|_| self.is_whole && !self.has_handed)
    }

    /// From the first again.
    pub(super) fn begin(&mut self) {
        (self.after, self.is_whole, self.has_handed) = (None, true, false);
        self.asleep.clear();
    }
}

fn holds(turn: Turn, now: Timestamp) -> bool {
    match turn {
        Turn::Now { until } => now < until,
        Turn::Later { at } => now < at,
    }
}

#[cfg(test)]
mod tests {
    use engine::campaign::{Audience, QuietHours};
    use engine::id::ContactId;
    use engine::outgoing::Recipient;

    use super::*;

    /// Noon of 2026-11-30 in UTC.
    const NOON: Timestamp = Timestamp(1_796_040_000_000);

    fn person(no: u32, country: &str) -> CampaignRecipient {
        let to = Recipient { wa_id: None, bsuid: None };
        let contact = ContactId::from_bytes([1; 16]);
        CampaignRecipient {
            no,
            contact,
            lane: 0,
            to,
            country: country.parse().ok(),
            values: Vec::new(),
            group: None,
            other_values: Vec::new(),
            trigger: None,
        }
    }

    fn pass() -> Pass {
        Pass::new(&Plan {
            quiet: Some(QuietHours { from: 21 * 60, to: 8 * 60 }),
            zone: Some("UTC".into()),
            ..Plan::new("t", "en", Vec::new(), Audience::Everyone)
        })
    }

    fn is_now(turn: Turn) -> bool {
        matches!(turn, Turn::Now { .. })
    }

    #[test]
    fn the_walk_goes_back_to_the_first_who_has_woken_up() {
        let mut pass = pass();
        let countries = ["DE", "DE", "JP", "DE", "JP", "NZ"];
        let turns: Vec<_> =
            (0..).zip(countries).map(|(no, country)| is_now(pass.turn(&person(no, country), NOON))).collect();
        assert_eq!(turns, [true, true, false, true, false, false]);
        assert_eq!(pass.after(NOON), Some(5));
        // 08:00 in Auckland, 04:00 in Tokyo.
        let morning = NOON.plus(Span::hours(7));
        assert_eq!(pass.after(morning), Some(4));
        assert!(is_now(pass.turn(&person(5, "NZ"), morning)));
        let tokyo = NOON.plus(Span::hours(11));
        assert_eq!(pass.after(tokyo), Some(1));
        assert!(is_now(pass.turn(&person(2, "JP"), tokyo)) && is_now(pass.turn(&person(4, "JP"), tokyo)));
        assert!(!is_now(pass.turn(&person(6, "DE"), tokyo)), "it is night in Berlin by then");
    }

    #[test]
    fn a_walk_past_sleepers_says_when_they_wake_and_is_not_the_last() {
        let mut pass = pass();
        assert!(pass.is_last(), "nobody waits");
        pass.turn(&person(0, "JP"), NOON);
        assert_eq!((pass.is_last(), pass.wakes()), (false, Some(NOON.plus(Span::hours(11)))));
        pass.turn(&person(1, "DE"), NOON);
        pass.handed_over();
        assert_eq!(pass.wakes(), None, "who was handed over may have come back");
        pass.begin();
        assert_eq!((pass.after(NOON), pass.is_last()), (None, true));
    }
}
