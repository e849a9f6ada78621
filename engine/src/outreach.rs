//! Whom a business portfolio has begun to write to. WhatsApp counts the different people reached outside a window within any 24 hours, over
//! all of its numbers together, and allows so many.

use std::collections::{BTreeSet, HashMap};

use crate::id::ContactId;
use crate::time::{Span, Timestamp};

/// Over which WhatsApp counts.
const DAY: Span = Span::hours(24);

/// `TIER_250`, `TIER_2K`; `None` where there is no limit, or one that this version does not know.
pub fn people_of(tier: &str) -> Option<u64> {
    let count = tier.strip_prefix("TIER_")?;
    match count.strip_suffix('K') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1_000),
        None => count.parse().ok(),
    }
}

/// From when on a time counts.
pub fn counts_after(now: Timestamp) -> Timestamp {
    now.minus(DAY)
}

/// The people of the last day, each at the time of the last message.
#[derive(Debug, Default)]
pub struct Outreach {
    latest: HashMap<ContactId, Timestamp>,
    order: BTreeSet<(Timestamp, ContactId)>,
}

/// A place among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub contact: ContactId,
    pub at: Timestamp,
    /// The one that they had before.
    before: Option<Timestamp>,
}

impl Outreach {
    /// They were written to then, whatever the limit; the latest time stays.
    pub fn note(&mut self, contact: ContactId, at: Timestamp) -> Place {
        let before = self.latest.get(&contact).copied();
        if before.is_none_or(|before| before < at) {
            if let Some(before) = before {
                self.order.remove(&(before, contact));
            }
            self.latest.insert(contact, at);
            self.order.insert((at, contact));
        }
        Place { contact, at, before }
    }

    /// Whoever has a place needs no other one. `Err`: when the next one is free.
    pub fn take(&mut self, contact: ContactId, limit: u64, now: Timestamp) -> Result<Place, Timestamp> {
        self.forget(now);
        match self.full_until(limit, now) {
            Some(until) if !self.latest.contains_key(&contact) => Err(until),
            Some(_) | None => Ok(self.note(contact, now)),
        }
    }

    /// Nothing was sent: as it was before, unless they were written to meanwhile.
    pub fn give_back(&mut self, place: Place) {
        let Place { contact, at, before } = place;
        if self.latest.get(&contact) != Some(&at) || before.is_some_and(|before| before >= at) {
            return;
        }
        self.order.remove(&(at, contact));
        self.latest.remove(&contact);
        if let Some(before) = before {
            self.note(contact, before);
        }
    }

    /// How many more people may be written to now.
    pub fn free(&mut self, limit: u64, now: Timestamp) -> u64 {
        self.forget(now);
        limit.saturating_sub(self.order.len() as u64)
    }

    /// When a place is free again. `None`: there is one.
    pub fn full_until(&mut self, limit: u64, now: Timestamp) -> Option<Timestamp> {
        self.forget(now);
        let over = (self.order.len() as u64).checked_sub(limit)?;
        // With nobody allowed nobody's leaving helps.
        let leaving = self.order.iter().nth(usize::try_from(over).ok()?).map_or(now, |(at, _)| *at);
        Some(leaving.plus(DAY))
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((at, contact)) = self.order.first().copied().filter(|(at, _)| *at <= counts_after(now)) {
            self.order.remove(&(at, contact));
            self.latest.remove(&contact);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn who(n: u8) -> ContactId {
        ContactId::from_bytes([n; 16])
    }

    fn hours(n: i64) -> Timestamp {
        Timestamp(0).plus(Span::hours(n))
    }

    #[test]
    fn tiers_are_read_as_whatsapp_writes_them() {
        let tiers = ["TIER_250", "TIER_2K", "TIER_100K", "TIER_UNLIMITED", "odd"];
        assert_eq!(tiers.map(people_of), [Some(250), Some(2_000), Some(100_000), None, None]);
    }

    #[test]
    fn a_person_has_one_place_and_leaves_it_a_day_after_the_last_message() {
        let mut people = Outreach::default();
        assert!(people.take(who(1), 2, hours(0)).is_ok() && people.take(who(2), 2, hours(1)).is_ok());
        assert_eq!((people.take(who(3), 2, hours(2)), people.free(2, hours(2))), (Err(hours(24)), 0));
        assert!(people.take(who(1), 2, hours(5)).is_ok(), "they have a place");
        assert_eq!(people.take(who(3), 2, hours(24)), Err(hours(25)), "the second is the oldest now");
        assert!(people.take(who(3), 2, hours(25)).is_ok());
        assert_eq!(people.full_until(2, hours(26)), Some(hours(29)));
        assert_eq!((people.full_until(3, hours(26)), people.free(3, hours(26))), (None, 1), "a higher tier");
        assert_eq!(people.full_until(1, hours(26)), Some(hours(49)), "a lower one: both must leave");
    }

    #[test]
    fn a_place_that_was_not_used_is_free_again() {
        let mut people = Outreach::default();
        let place = people.take(who(1), 1, hours(0)).unwrap();
        people.give_back(place);
        let first = people.take(who(2), 1, hours(1)).unwrap();
        let again = people.take(who(2), 1, hours(2)).unwrap();
        people.give_back(again);
        assert_eq!(people.full_until(1, hours(3)), Some(hours(25)), "as it was");
        let later = people.note(who(2), hours(4));
        people.give_back(first);
        assert_eq!((people.full_until(1, hours(5)), later.at), (Some(hours(28)), hours(4)), "it was used since");
    }

    proptest! {
        #[test]
        fn no_day_reaches_more_people_than_it_may(
            sends in proptest::collection::vec((0..12_u8, 0..4 * 60_i64), 0..120),
            limit in 1..6_u64,
        ) {
            let (mut people, mut now, mut sent) = (Outreach::default(), Timestamp(0), Vec::new());
            for (n, minutes) in sends {
                now = now.plus(Span::seconds(minutes * 60));
                if people.take(who(n), limit, now).is_ok() {
                    sent.push((now, n));
                }
            }
            for (end, _) in &sent {
                let of_day = sent.iter().filter(|(at, _)| at <= end && *at > counts_after(*end));
                let distinct: BTreeSet<_> = of_day.map(|(_, n)| n).collect();
                prop_assert!(distinct.len() as u64 <= limit);
            }
        }
    }
}
