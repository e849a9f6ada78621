//! So many a day: WhatsApp counts the people whom a business begins to write to within any 24 hours, and a large audience goes out over
//! several days.

use serde::{Deserialize, Serialize};

use super::{Campaign, Class, Tallies};
use crate::time::{Span, Timestamp};

const DAY: Span = Span::hours(24);
/// How finely a day is remembered: what was sent is free again at most this much later than a day.
const MARKS_APART: Span = Span::seconds(30 * 60);

/// How many had been begun then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Mark {
    pub at: Timestamp,
    pub begun: u64,
}

/// Everybody who does not wait any more, however it ended: none of them may be counted twice.
fn begun(tallies: &Tallies) -> u64 {
    tallies.total() - tallies.of(Class::Waiting)
}

impl Campaign {
    /// How many more may begin now. `None`: as many as there are.
    pub fn share(&self, tallies: &Tallies, now: Timestamp) -> Option<u64> {
        let per_day = u64::from(self.plan.per_day?);
        let marks = self.launch.as_ref().map_or(&[] as &[_], |launch| &launch.marks);
        let before = marks.iter().rev().find(|mark| now.since(mark.at) >= DAY).map_or(0, |mark| mark.begun);
        Some(per_day.saturating_sub(begun(tallies).saturating_sub(before)))
    }

    /// When some of what was begun in the last day is a day old.
    pub fn frees_at(&self, now: Timestamp) -> Option<Timestamp> {
        let mut marks = self.launch.as_ref()?.marks.iter();
        marks.find(|mark| now.since(mark.at) < DAY).map(|mark| mark.at.plus(DAY))
    }

    /// With how far it is now, where that is to be remembered; `None`: there is nothing new to remember.
    pub fn marked(&self, tallies: &Tallies, now: Timestamp) -> Option<Self> {
        self.plan.per_day?;
        let begun = begun(tallies);
        let mut next = self.next();
        let marks = &mut next.launch.as_mut()?.marks;
        if let Some(last) = marks.last()
            && (last.begun == begun || now.since(last.at) < MARKS_APART)
        {
            return None;
        }
        marks.push(Mark { at: now, begun });
        // Of those older than a day, the youngest says what was begun before it.
        let old = marks.iter().take_while(|mark| now.since(mark.at) >= DAY).count();
        marks.drain(..old.saturating_sub(1));
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched, tally};

    fn tallies(begun: u64) -> Tallies {
        Tallies([(tally(Class::Sent), begun), (tally(Class::Waiting), 10_000 - begun)].into())
    }

    #[test]
    fn no_day_has_more_than_its_share_wherever_it_begins() {
        let mut campaign = draft();
        campaign.plan.per_day = Some(1_000);
        let mut campaign = launched(&campaign);
        let (mut sent, mut times) = (0, Vec::new());
        for minute in 0..5 * 24 * 60 {
            let now = Timestamp(0).plus(Span::seconds(minute * 60));
            if let Some(marked) = campaign.marked(&tallies(sent), now) {
                campaign = marked;
            }
            // A slow morning, then at full pace.
            let most = if minute % 1_440 < 600 { 1 } else { 300 };
            let more = campaign.share(&tallies(sent), now).unwrap().min(most);
            sent += more;
            times.extend(std::iter::repeat_n(now, usize::try_from(more).unwrap()));
        }
        let now = Timestamp(0).plus(Span::hours(5 * 24));
        assert!(campaign.frees_at(now).is_some_and(|at| at > now && at.since(now) <= DAY));
        for window in times.windows(1_001) {
            assert!(window[1_000].since(window[0]) >= DAY, "1,001 within a day");
        }
        assert!(sent >= 4_800, "{sent} in five days");
        assert!(campaign.launch.unwrap().marks.len() <= 50);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let campaign = launched(&draft());
        assert_eq!(
            (campaign.share(&tallies(9), Timestamp(5)), campaign.marked(&tallies(9), Timestamp(5))),
            (None, None)
        );
    }
}
