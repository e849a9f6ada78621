//! When people got it, read it and answered: by the hour of the clock, and kept like the tallies, so that a report draws its lines without
//! counting rows. A broadcast has a few hundred such hours at most, however many people it goes to: WhatsApp says nothing of a message
//! after 30 days.

use std::collections::BTreeMap;

use super::{Class, RecipientRow};
use crate::time::{Span, Timestamp};

const HOUR: Span = Span::hours(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Delivered,
    Read,
    Replied,
}

impl Step {
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Read, Self::Replied];
}

/// An hour in which somebody took this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourKey {
    /// Since 1970.
    pub hour: i64,
    pub step: Step,
}

impl HourKey {
    fn of(step: Step, at: Timestamp) -> Self {
        Self { hour: at.0.div_euclid(HOUR.0), step }
    }

    pub fn begins_at(self) -> Timestamp {
        Timestamp(self.hour * HOUR.0)
    }
}

/// Only hours in which there was something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByHour(pub BTreeMap<HourKey, u64>);

impl ByHour {
    pub fn add(&mut self, row: &RecipientRow) {
        for key in row.hours() {
            *self.0.entry(key).or_default() += 1;
        }
    }

    pub fn sum(&self, step: Step) -> u64 {
        self.0.iter().filter(|(key, _)| key.step == step).map(|(_, count)| count).sum()
    }
}

impl RecipientRow {
    /// The steps that the tallies have of them, so that the sums are the same. Who read it got it, also where WhatsApp does not say so.
    pub fn hours(&self) -> impl Iterator<Item = HourKey> + use<> {
        let (class, delivery) = (self.tally().class, &self.delivery);
        let read = delivery.read_at.into_iter().chain(delivery.played_at).min().filter(|_| class == Class::Read);
        let delivered = delivery.delivered_at.into_iter().chain(read).min();
        let delivered = delivered.filter(|_| matches!(class, Class::Delivered | Class::Read));
        let steps = [(Step::Delivered, delivered), (Step::Read, read), (Step::Replied, self.replied_at)];
        steps.into_iter().filter_map(|(step, at)| Some(HourKey::of(step, at?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Answers;
    use crate::campaign::fixture::waiting;
    use crate::delivery::{Failure, Status};
    use crate::inbound::StatusUpdate;

    fn row(statuses: &[(Status, i64)]) -> RecipientRow {
        let mut row = waiting();
        for (status, hours) in statuses.iter().cloned() {
            let (number, wamid) = ("200".parse().unwrap(), "wamid.A".parse().unwrap());
            let (callback, pricing, at) = (None, None, Timestamp(0).plus(Span::hours(hours)));
            row.record_status(&StatusUpdate { number, wamid, callback, status, pricing, at });
        }
        row
    }

    fn hours(row: &RecipientRow) -> Vec<(Step, i64)> {
        row.hours().map(|key| (key.step, key.hour)).collect()
    }

    #[test]
    fn each_step_has_its_hour_and_who_read_it_got_it() {
        assert_eq!(hours(&row(&[(Status::Sent, 1)])), []);
        assert_eq!(hours(&row(&[(Status::Delivered, 2)])), [(Step::Delivered, 2)]);
        let read = row(&[(Status::Read, 5)]);
        assert_eq!(hours(&read), [(Step::Delivered, 5), (Step::Read, 5)]);
        let late = row(&[(Status::Read, 5), (Status::Delivered, 4)]);
        assert_eq!(hours(&late), [(Step::Delivered, 4), (Step::Read, 5)]);
        let mut answered = late;
        let replied = Answers { replied: true, ..Answers::default() };
        answered.record_answers(replied, Timestamp(0).plus(Span::hours(7)));
        assert_eq!(hours(&answered).last(), Some(&(Step::Replied, 7)));
    }

    #[test]
    fn what_failed_was_not_delivered_and_what_arrived_stays_so() {
        let failure = || Status::Failed(Failure { code: Some(131_026), text: "gone".into(), action: None });
        assert_eq!(hours(&row(&[(Status::Sent, 1), (failure(), 2)])), []);
        assert_eq!(hours(&row(&[(Status::Delivered, 1), (failure(), 2)])), [(Step::Delivered, 1)]);
    }

    #[test]
    fn sums_are_those_of_the_tallies() {
        let mut by_hour = ByHour::default();
        for statuses in [&[(Status::Delivered, 1)][..], &[(Status::Delivered, 1), (Status::Read, 3)]] {
            by_hour.add(&row(statuses));
        }
        assert_eq!(Step::ALL.map(|step| by_hour.sum(step)), [2, 1, 0]);
        assert_eq!(by_hour.0.keys().next().unwrap().begins_at(), Timestamp(0).plus(Span::hours(1)));
    }
}
