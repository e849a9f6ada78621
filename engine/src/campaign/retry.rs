//! Writing once more to those whom a broadcast did not reach. It is a broadcast of its own: what was, stays as it was, and whoever gets it is
//! decided anew. Which failures one takes in is fixed by the time they came at, so that no failure is in two of them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Audience, Campaign, CampaignCap, Class, FailureClass, Letter, NAME_MAX, Phase, Plan, RecipientRow};
use crate::delivery::{DeliveryState, Status};
use crate::directory::Person;
use crate::id::CampaignId;
use crate::inbound::StatusUpdate;
use crate::rejection::Rejection;
use crate::time::{Span, Timestamp};

/// Of one class.
const RETRIES_MAX: usize = 50;
/// What WhatsApp says of a message is said by then.
const SETTLED_AFTER: Span = Span::seconds(60);
/// WhatsApp's own limit for a person holds a day.
const PERSON_LIMIT_HOLDS: Span = Span::hours(24);

/// Those who failed in this way at a campaign, from one time to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FailedOf {
    pub campaign: CampaignId,
    pub class: FailureClass,
    pub from: Timestamp,
    /// Those of this time are not in it.
    pub until: Timestamp,
}

/// One that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Retry {
    /// The broadcast that writes to them.
    pub by: CampaignId,
    pub class: FailureClass,
    pub until: Timestamp,
}

impl FailureClass {
    /// How old such a failure is before somebody is written to again. `None`: never. `cap`: as it is now.
    pub fn again_after(self, cap: Option<CampaignCap>) -> Option<Span> {
        match self {
            Self::TryLater | Self::OurMistake => Some(SETTLED_AFTER),
            Self::PersonLimit => Some(PERSON_LIMIT_HOLDS),
            // By then nothing counts any more that counted then.
            Self::Capped => Some(cap.map_or(SETTLED_AFTER, CampaignCap::span)),
            Self::Permanent | Self::OptedOut => None,
        }
    }
}

impl FailedOf {
    /// A status may have said since that it arrived after all.
    pub fn takes(&self, row: &RecipientRow) -> bool {
        let delivery = &row.delivery;
        let is_failed = delivery.state == DeliveryState::Failed;
        let class = delivery.failure.as_ref().map_or(FailureClass::Permanent, FailureClass::of);
        is_failed && class == self.class && delivery.failed_at.is_some_and(|at| at >= self.from && at < self.until)
    }
}

/// A failure that is told later than retries wait for it may lie in the time of one that was made without it. It counts from when it is
/// told, and is in the next.
pub fn as_told(update: &StatusUpdate, now: Timestamp) -> Cow<'_, StatusUpdate> {
    if matches!(update.status, Status::Failed(_)) && now.since(update.at) > SETTLED_AFTER {
        return Cow::Owned(StatusUpdate { at: now, ..update.clone() });
    }
    Cow::Borrowed(update)
}

impl Campaign {
    /// A draft that writes to those of this class, and this campaign, which remembers it. `last`: the newest retry of the class as it is
    /// now; while that is a draft, it is the one. After a test everybody gets the winner, else the first message. `cap`: of the
    /// organization.
    pub fn retried(
        &self,
        class: FailureClass,
        name: &str,
        by: Person,
        last: Option<&Self>,
        cap: Option<CampaignCap>,
        at: Timestamp,
    ) -> Result<(Self, Self), Rejection> {
        if !matches!(self.phase, Phase::Finished { .. }) {
            return Err(Rejection::Invalid("This broadcast has not finished yet."));
        }
        if self.is_series() {
            return Err(Rejection::Invalid("What repeats has sent nothing itself: open the broadcast of the day."));
        }
        if self.is_triggered() {
            // What came along with them is not the plan's to repeat.
            return Err(Rejection::Invalid("People who were added one by one are added again by your systems."));
        }
        let after = class.again_after(cap).ok_or(Rejection::Invalid("What failed in this way fails again."))?;
        let mut next = self.next();
        let launch = next.launch.as_mut().ok_or(Rejection::Invalid("This broadcast has not finished yet."))?;
        let made = launch.retries.iter().filter(|retry| retry.class == class);
        let is_open = last.is_none_or(|last| last.phase == Phase::Draft);
        // One that never started has written to nobody: its place is taken again.
        let kept = made.clone().count() - usize::from(is_open && made.clone().next().is_some());
        let from = made.clone().take(kept).last().map_or(Timestamp(0), |retry| retry.until);
        let until = at.minus(after);
        if kept >= RETRIES_MAX {
            return Err(Rejection::Invalid("Those who failed in this way were written to again often enough."));
        }
        if until <= from {
            return Err(Rejection::Invalid("Those who failed in this way cannot be written to again yet."));
        }
        let key = Class::Failed(class).key();
        let id = CampaignId::derive(&[b"retry", self.id.as_bytes(), key.as_bytes(), &kept.to_be_bytes()]);
        if let Some(place) = launch.retries.iter().position(|retry| retry.by == id) {
            launch.retries.remove(place);
        }
        launch.retries.push(Retry { by: id, class, until });
        let failed = FailedOf { campaign: self.id, class, from, until };
        let audience = Audience::Failed(failed);
        let message = launch.winner.as_ref().map_or(Letter::A, |winner| winner.variant);
        let all = self.plan.only(message).unwrap_or_else(|| self.plan.clone());
        let plan = Plan { audience, start_at: None, start_is_local: false, repeat: None, ..all };
        let name: String = name.trim().chars().take(NAME_MAX).collect();
        let draft = match last.filter(|last| last.phase == Phase::Draft && last.id == id) {
            Some(last) => last.edited(&last.name, plan, by)?,
            None => Self::draft(id, &name, plan, by, at)?,
        };
        Ok((draft, next))
    }

    /// The newest retry of this class.
    pub fn last_retry(&self, class: FailureClass) -> Option<CampaignId> {
        let retries = &self.launch.as_ref()?.retries;
        retries.iter().rev().find(|retry| retry.class == class).map(|retry| retry.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched, launched_test, page, priya, template, tested, waiting};
    use crate::campaign::{Named, Tallies, freeze};
    use crate::delivery::Failure;

    const CLASS: FailureClass = FailureClass::PersonLimit;

    fn finished() -> Campaign {
        let (running, _) = freeze(&launched(&draft()), &page(&[1], None)).unwrap();
        running.finished(Timestamp(9)).unwrap()
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp(0).plus(Span::hours(hours))
    }

    fn window(campaign: &Campaign) -> (Timestamp, Timestamp) {
        match &campaign.plan.audience {
            Audience::Failed(failed) => (failed.from, failed.until),
            Audience::Everyone
            | Audience::Contacts { .. }
            | Audience::Segment { .. }
            | Audience::Reached(_)
            | Audience::Triggered => {
                panic!("another audience")
            }
        }
    }

    fn started(draft: &Campaign) -> Campaign {
        draft.launched(priya(), template(&[]), Named::default(), Timestamp(2)).unwrap()
    }

    #[test]
    fn no_failure_is_in_two_retries() {
        let original = finished();
        let (first, original) = original.retried(CLASS, "again", priya(), None, None, at(30)).unwrap();
        assert_eq!((window(&first), original.last_retry(CLASS)), ((at(0), at(6)), Some(first.id)));
        // Pressed again before it started: the same draft, which takes in what came since.
        let (same, original) = original.retried(CLASS, "again", priya(), Some(&first), None, at(40)).unwrap();
        assert_eq!((same.id, same.revision, window(&same)), (first.id, 2, (at(0), at(16))));
        let (second, original) =
            original.retried(CLASS, "again", priya(), Some(&started(&same)), None, at(70)).unwrap();
        assert_eq!(window(&second), (at(16), at(46)));
        assert_ne!(second.id, first.id);
        assert!(
            original.retried(CLASS, "again", priya(), Some(&started(&second)), None, at(70)).is_err(),
            "nobody is new"
        );
        // It was deleted: nobody got it.
        let (again, _) = original.retried(CLASS, "again", priya(), None, None, at(80)).unwrap();
        assert_eq!((again.id, window(&again)), (second.id, (at(16), at(56))));
        // Another class has retries of its own.
        let (other, _) = original.retried(FailureClass::TryLater, "again", priya(), None, None, at(80)).unwrap();
        assert_eq!(window(&other).0, at(0));
    }

    #[test]
    fn after_a_test_everybody_gets_the_winner() {
        let (running, _) = freeze(&launched_test(&tested(20, 2)), &page(&[1], None)).unwrap();
        let won = running.chosen(Letter::B, priya(), &Tallies::default(), at(1)).unwrap();
        let (draft, _) = won.finished(at(2)).unwrap().retried(CLASS, "again", priya(), None, None, at(30)).unwrap();
        assert_eq!((draft.plan.template.as_str(), draft.plan.test), ("variant_b", None));
        let (draft, _) = running.finished(at(2)).unwrap().retried(CLASS, "again", priya(), None, None, at(30)).unwrap();
        assert_eq!((draft.plan.template.as_str(), draft.plan.test), ("kasturi_turns_six", None));
    }

    #[test]
    fn what_will_not_arrive_is_not_tried_again_and_nothing_while_it_runs() {
        assert!(finished().retried(FailureClass::Permanent, "again", priya(), None, None, at(99)).is_err());
        assert!(launched(&draft()).retried(CLASS, "again", priya(), None, None, at(99)).is_err());
    }

    #[test]
    fn who_had_enough_advertising_is_written_to_again_when_what_they_had_does_not_count_any_more() {
        let (original, cap) = (finished(), CampaignCap { messages: 2, days: 7 });
        let retried = |cap, hours| original.retried(FailureClass::Capped, "again", priya(), None, cap, at(hours));
        assert!(retried(Some(cap), 7 * 24).is_err());
        let (again, _) = retried(Some(cap), 7 * 24 + 5).unwrap();
        assert_eq!(window(&again), (at(0), at(5)));
        assert!(retried(None, 5).is_ok(), "there is no cap any more");
    }

    fn said(status: Status, at: Timestamp) -> StatusUpdate {
        let (number, wamid) = ("200".parse().unwrap(), "wamid.A".parse().unwrap());
        StatusUpdate { number, wamid, callback: None, status, pricing: None, at }
    }

    #[test]
    fn a_failure_that_is_told_late_is_in_the_retry_after() {
        let original = finished();
        let (first, original) = original.retried(FailureClass::TryLater, "again", priya(), None, None, at(2)).unwrap();
        let failure = Failure { code: Some(131_000), text: "something went wrong".into(), action: None };
        let failed = said(Status::Failed(failure), at(1));
        assert_eq!(
            as_told(&failed, at(1).plus(SETTLED_AFTER)).at,
            at(1),
            "what is told in time is in none that was made"
        );
        let late = as_told(&failed, at(3));
        let (second, _) =
            original.retried(FailureClass::TryLater, "again", priya(), Some(&started(&first)), None, at(4)).unwrap();
        let is_in = |retry: &Campaign| (window(retry).0..window(retry).1).contains(&late.at);
        assert_eq!((is_in(&first), is_in(&second)), (false, true));
        assert_eq!(as_told(&said(Status::Delivered, at(1)), at(3)).at, at(1));
    }

    #[test]
    fn it_takes_those_who_failed_in_its_time_and_whom_nothing_reached_since() {
        let failed = FailedOf { campaign: draft().id, class: CLASS, from: at(1), until: at(3) };
        let row = |code, failed_at| {
            let mut row = waiting();
            let failure = Failure { code: Some(code), text: "held back".into(), action: None };
            row.record_status(&said(Status::Failed(failure), failed_at));
            row
        };
        assert!(failed.takes(&row(131_049, at(2))));
        assert!(
            !failed.takes(&row(131_026, at(2)))
                && !failed.takes(&row(131_049, at(3)))
                && !failed.takes(&row(131_049, at(0)))
        );
        let mut arrived = row(131_049, at(2));
        arrived.record_status(&said(Status::Delivered, at(2)));
        assert!(!failed.takes(&arrived));
    }
}
